package bind

import (
	"fmt"
	"go/ast"
	"go/token"
	"os"
	"path/filepath"
	"strings"

	"blesmp/gen/diag"
	"blesmp/gen/emit"
	"blesmp/gen/machine"

	"golang.org/x/tools/go/packages"
)

// Check looks at the Go package in dir, which the machine's file is for. The
// generated files stand in overlay, by path. It reports what it finds as a
// *diag.List; a machine without states binds nothing.
func Check(m *machine.Machine, dir string, overlay map[string][]byte) error {
	list := new(diag.List)
	list.Source(m.File.Path, m.File.Source)
	if m.File.Machine == nil {
		return nil
	}
	c, err := load(m, dir, overlay, list)
	if err != nil {
		return err
	}
	if list.HasErrors() {
		return list.Err() // of syntax: nothing else could be said for sure
	}
	methods := emit.Methods(m)
	c.signatures(methods)
	c.unused(methods)
	c.learnRoles()
	for _, a := range m.Actions {
		c.action(a)
	}
	for _, g := range m.Opaque() {
		c.guard(g)
	}
	return list.Err()
}

// checker holds one package against one machine.
type checker struct {
	m         *machine.Machine
	list      *diag.List
	fset      *token.FileSet
	files     []*ast.File // hand-written
	paths     map[string]string
	procedure string // name of the procedure's type
	pkg       string

	methods map[string]*ast.FuncDecl // of the procedure
	funcs   map[string]*ast.FuncDecl // without receiver

	slots      map[string]*machine.Slot // by the names of their getters
	setters    map[string]*machine.Slot
	views      map[string]bool // methods of the procedure that give the slots
	machines   map[string]bool // fields of the procedure that hold the machine
	roleFields map[string]bool // fields of the procedure that come from the role
}

// load reads the package's syntax.
func load(m *machine.Machine, dir string, overlay map[string][]byte, list *diag.List) (*checker, error) {
	abs, err := filepath.Abs(dir)
	if err != nil {
		return nil, err
	}
	c := &checker{
		m:          m,
		list:       list,
		fset:       token.NewFileSet(),
		paths:      map[string]string{},
		procedure:  m.File.Go.Procedure.Text,
		pkg:        m.File.Go.Package.Text,
		methods:    map[string]*ast.FuncDecl{},
		funcs:      map[string]*ast.FuncDecl{},
		slots:      map[string]*machine.Slot{},
		setters:    map[string]*machine.Slot{},
		views:      map[string]bool{},
		machines:   map[string]bool{},
		roleFields: map[string]bool{},
	}
	config := &packages.Config{
		Mode:    packages.NeedName | packages.NeedFiles | packages.NeedSyntax,
		Dir:     abs,
		Fset:    c.fset,
		Overlay: map[string][]byte{},
	}
	for path, source := range overlay {
		file, err := filepath.Abs(path)
		if err != nil {
			return nil, err
		}
		config.Overlay[file] = source
	}
	loaded, err := packages.Load(config, ".")
	if err != nil {
		return nil, fmt.Errorf("%s: %w", dir, err)
	}
	for _, p := range loaded {
		for _, e := range p.Errors {
			if e.Kind == packages.ParseError { // what does not matter for syntax is the compiler's business
				c.packageError(dir, abs, e)
			}
		}
		for _, f := range p.Syntax {
			c.file(dir, abs, f, config.Overlay)
		}
	}
	for _, s := range m.Slots {
		c.slots[emit.Getter(m, s)] = s
		c.setters[emit.Setter(m, s)] = s
	}
	for name, f := range c.methods {
		if f.Type.Results != nil && len(f.Type.Results.List) == 1 && typeString(f.Type.Results.List[0].Type) == "*vars" {
			c.views[name] = true
		}
	}
	return c, nil
}

// packageError reports what the loader found wrong with the package.
func (c *checker) packageError(dir, abs string, e packages.Error) {
	d := diag.Diagnostic{Path: dir, Message: e.Msg}
	parts := strings.Split(e.Pos, ":")
	if len(parts) >= 2 {
		d.Path = c.shown(dir, abs, strings.Join(parts[:max(1, len(parts)-2)], ":"))
		_, _ = fmt.Sscanf(strings.Join(parts[max(1, len(parts)-2):], " "), "%d %d", &d.Line, &d.Col)
	}
	c.list.Add(d)
}

// shown is the path of a file of the package, beside the package's own path.
func (c *checker) shown(dir, abs, file string) string {
	if rel, err := filepath.Rel(abs, file); err == nil {
		return filepath.Join(dir, rel)
	}
	return file
}

// file takes the declarations of one file in. Generated ones are not the
// author's business.
func (c *checker) file(dir, abs string, f *ast.File, overlay map[string][]byte) {
	name := c.fset.Position(f.Package).Filename
	if _, generated := overlay[name]; generated || ast.IsGenerated(f) {
		return
	}
	shown := c.shown(dir, abs, name)
	c.paths[name] = shown
	if source, err := os.ReadFile(name); err == nil {
		c.list.Source(shown, source)
	}
	c.files = append(c.files, f)
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.FuncDecl:
			switch {
			case d.Recv == nil:
				c.funcs[d.Name.Name] = d
			case receiverType(d) == c.procedure:
				c.methods[d.Name.Name] = d
			}
		case *ast.GenDecl:
			c.typeDecls(d)
		}
	}
}

// typeDecls finds the fields of the procedure that hold its machine.
func (c *checker) typeDecls(d *ast.GenDecl) {
	for _, s := range d.Specs {
		t, ok := s.(*ast.TypeSpec)
		if !ok || t.Name.Name != c.procedure {
			continue
		}
		structure, ok := t.Type.(*ast.StructType)
		if !ok {
			continue
		}
		for _, field := range structure.Fields.List {
			if typeString(field.Type) != "table.Machine" {
				continue
			}
			for _, name := range field.Names {
				c.machines[name.Name] = true
			}
		}
	}
}

// receiverType is the name of the type that a method belongs to.
func receiverType(d *ast.FuncDecl) string {
	t := d.Recv.List[0].Type
	if star, ok := t.(*ast.StarExpr); ok {
		t = star.X
	}
	if name, ok := t.(*ast.Ident); ok {
		return name.Name
	}
	return ""
}

// errorAt reports something about a place in Go.
func (c *checker) errorAt(at token.Pos, hint, format string, args ...any) {
	p := c.fset.Position(at)
	c.list.Add(diag.Diagnostic{
		Path: c.paths[p.Filename], Line: p.Line, Col: p.Column,
		Message: fmt.Sprintf(format, args...), Hint: hint,
	})
}
