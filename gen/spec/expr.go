package spec

import (
	"fmt"
	"slices"
	"strings"

	"go.yaml.in/yaml/v4"
)

// The grammar of expressions, the loosest operators first:
//
//	or = and { "or" and }
//	and = not { "and" not }
//	not = "not" not | compare
//	compare = sum [ ("==" | "!=" | "<" | "<=" | ">" | ">=" | "has") sum ]
//	sum = term { ("+" | "-" | "with" | "without") term }
//	term = NAME | NUMBER | "event" "." NAME | "(" or ")"
//
// An argument of a macro or an effect is no condition, and smaller:
//
//	argument = NAME | NUMBER | "event" "." NAME [ "or" NAME ]

var (
	comparisons = []string{"==", "!=", "<", "<=", ">", ">=", "has"}
	sums        = []string{"+", "-", "with", "without"}
)

// deepestExpr is how far an expression may be nested.
const deepestExpr = 50

// expr reads an expression.
func (l *loader) expr(into **Expr) func(*yaml.Node) {
	return func(n *yaml.Node) { *into = l.parseExpr(n, (*exprParser).or) }
}

// argument reads the argument of a macro or an effect.
func (l *loader) argument(into **Expr) func(*yaml.Node) {
	return func(n *yaml.Node) { *into = l.parseExpr(n, (*exprParser).argument) }
}

func (l *loader) parseExpr(n *yaml.Node, rule func(*exprParser) *Expr) *Expr {
	s, ok := l.scalar(n, "an expression")
	if !ok {
		return nil
	}
	p := &exprParser{l: l, text: s, where: l.textAt(n)}
	p.split()
	e := rule(p)
	if !p.failed && p.i < len(p.tokens)-1 {
		p.fail("unexpected %s", p.shown())
	}
	if p.failed {
		return nil
	}
	e.Text = s
	return e
}

// token is a word, a number or a sign; the last one has no text.
type token struct {
	text string
	at   int // offset in the expression
}

type exprParser struct {
	l      *loader
	text   string
	where  *scalarText
	tokens []token
	i      int
	depth  int
	failed bool
}

func isWordByte(c byte) bool {
	return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '_'
}

// split cuts the text into tokens.
func (p *exprParser) split() {
	s := p.text
	for i := 0; i < len(s); {
		n := 1
		switch c := s[i]; {
		case strings.IndexByte(" \t\r\n", c) >= 0:
			i++
			continue
		case isWordByte(c):
			for i+n < len(s) && isWordByte(s[i+n]) {
				n++
			}
		case strings.IndexByte("=!<>&|", c) >= 0:
			for i+n < len(s) && strings.IndexByte("=!<>&|", s[i+n]) >= 0 {
				n++
			}
		case c >= 0x80:
			n = len(string([]rune(s[i:])[0]))
		}
		p.tokens = append(p.tokens, token{s[i : i+n], i})
		i += n
	}
	p.tokens = append(p.tokens, token{"", len(s)})
}

func (p *exprParser) peek() string { return p.tokens[p.i].text }
func (p *exprParser) pos() Pos     { return p.where.pos(p.tokens[p.i].at) }

// take goes past the token if it is one of these, and gives it, or "".
func (p *exprParser) take(words ...string) string {
	if t := p.peek(); t != "" && slices.Contains(words, t) {
		p.i++
		return t
	}
	return ""
}

// shown is the token for messages.
func (p *exprParser) shown() string {
	if p.peek() == "" {
		return "end of the expression"
	}
	return fmt.Sprintf("%q", p.peek())
}

// fail reports the first mistake; what follows from it stays unsaid.
func (p *exprParser) fail(format string, args ...any) *Expr {
	if !p.failed {
		message := fmt.Sprintf(format, args...)
		hint := ""
		switch p.peek() {
		case "=":
			hint = "write =="
		case "!":
			hint = "write not"
		case "&", "&&":
			hint = "write and"
		case "|", "||":
			hint = "write or"
		}
		p.l.hinted(p.pos(), message, hint)
	}
	p.failed = true
	return new(Expr)
}

func (p *exprParser) or() *Expr {
	if p.depth++; p.depth > deepestExpr {
		return p.fail("the expression is nested too deep")
	}
	defer func() { p.depth-- }()
	return p.chain((*exprParser).and, "or")
}

func (p *exprParser) and() *Expr { return p.chain((*exprParser).not, "and") }
func (p *exprParser) sum() *Expr { return p.chain((*exprParser).term, sums...) }

// chain reads operators that group from the left.
func (p *exprParser) chain(side func(*exprParser) *Expr, ops ...string) *Expr {
	x := side(p)
	for links := 0; ; links++ {
		op := p.take(ops...)
		if op == "" || p.failed {
			return x
		}
		if links == deepestExpr {
			return p.fail("the expression is too long")
		}
		x = &Expr{Pos: x.Pos, Op: op, X: x, Y: side(p)}
	}
}

func (p *exprParser) not() *Expr {
	pos := p.pos()
	if p.take("not") == "" {
		return p.compare()
	}
	if p.depth++; p.depth > deepestExpr {
		return p.fail("the expression is nested too deep")
	}
	defer func() { p.depth-- }()
	return &Expr{Pos: pos, Op: "not", X: p.not()}
}

func (p *exprParser) compare() *Expr {
	x := p.sum()
	op := p.take(comparisons...)
	if op == "" {
		return x
	}
	x = &Expr{Pos: x.Pos, Op: op, X: x, Y: p.sum()}
	if slices.Contains(comparisons, p.peek()) {
		return p.fail("comparisons do not chain: join two with and")
	}
	return x
}

func (p *exprParser) term() *Expr {
	pos := p.pos()
	t := p.peek()
	switch {
	case t == "(":
		p.i++
		x := p.or()
		if !p.failed && p.take(")") == "" {
			return p.fail("\")\" is missing before %s", p.shown())
		}
		return x
	case t == "event":
		return p.field()
	case t != "" && t[0] >= '0' && t[0] <= '9':
		n, ok := parseNumber(t)
		if !ok {
			return p.fail("%q is no number", t)
		}
		p.i++
		return &Expr{Pos: pos, Op: "number", Num: n}
	}
	return p.name()
}

// name reads a name that is no operator.
func (p *exprParser) name() *Expr {
	pos, t := p.pos(), p.peek()
	operator := slices.Contains(comparisons, t) || slices.Contains(sums, t) || t == "or" || t == "and" || t == "not"
	if !isName(t) || operator || t == "event" {
		return p.fail("a name is expected before %s", p.shown())
	}
	p.i++
	return &Expr{Pos: pos, Op: "name", Name: t}
}

// field reads a part of the event, event.NAME.
func (p *exprParser) field() *Expr {
	pos := p.pos()
	p.i++
	if p.take(".") == "" {
		return p.fail("event stands before a dot and the name of one of its fields, not before %s", p.shown())
	}
	return &Expr{Pos: pos, Op: "field", Name: p.name().Name}
}

func (p *exprParser) argument() *Expr {
	x := p.term()
	if !p.failed && x.Op == "field" && p.take("or") != "" {
		x = &Expr{Pos: x.Pos, Op: "or_else", X: x, Y: p.name()}
	}
	if !p.failed && p.peek() != "" {
		return p.fail("unexpected %s: an argument is NAME, event.FIELD or event.FIELD or NAME", p.shown())
	}
	return x
}
