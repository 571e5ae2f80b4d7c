// Package gen turns specifications into Go. It is the whole of smpgen as a
// library: Load reads and resolves a file, Check looks for everything that is
// wrong with it and with the Go code that it binds, Generate writes code.
//
// A specification is one YAML file a protocol, under spec in the root of a
// module. Its go section says which package the code belongs to. The generator
// knows the language of the files, which gen/spec describes, and no protocol.
package gen
