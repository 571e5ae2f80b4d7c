package bond

// UnknownModel is a Bond.Model for keys of which nobody knows by which
// association model they came about: the files of other host stacks keep only
// whether it protects against a person in the middle.
const UnknownModel uint8 = 0xff
