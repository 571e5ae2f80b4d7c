package emit

import (
	"blesmp/gen/machine"

	"github.com/dave/jennifer/jen"
)

// gridName is the function of a grid.
func (e *emitter) gridName(g *machine.Grid) string {
	return e.unexported(g.Name) + g.Result.Name.Text
}

// grids writes a typed function for each grid.
func (e *emitter) grids() {
	for i, grid := range e.machine.Grids {
		result := grid.Result.Name.Text
		name := e.gridName(grid)
		row, column := e.unexported(grid.Spec.Rows.Name.Text), e.unexported(grid.Spec.Cols.Name.Text)
		doc := name + " looks up the " + result
		if grid.Spec.Doc != "" {
			doc += ": " + clause(grid.Spec.Doc)
		}
		comment(e.file.Group, doc+e.section(grid.Spec.Ref)+". A value outside the table gives false.")
		var inputs []jen.Code
		for _, input := range grid.Spec.Inputs {
			inputs = append(inputs, jen.Id(e.unexported(input.Text)))
		}
		params := []jen.Code{
			jen.Id("t").Op("*").Qual(tablePath, "Table"),
			jen.Id(row).Id(grid.Rows.Name.Text),
			jen.Id(column).Id(grid.Columns.Name.Text),
		}
		if grid.Rows == grid.Columns {
			params = append(params[:1], jen.List(jen.Id(row), jen.Id(column)).Id(grid.Rows.Name.Text))
		}
		if len(inputs) > 0 {
			params = append(params, jen.List(inputs...).Bool())
		}
		args := append([]jen.Code{
			jen.Lit(i), jen.Uint8().Call(jen.Id(row)), jen.Uint8().Call(jen.Id(column)),
		}, inputs...)
		e.file.Func().Id(name).Params(params...).Params(jen.Id(result), jen.Bool()).Block(
			jen.List(jen.Id("outcome"), jen.Id("ok")).Op(":=").Id("t").Dot("Outcome").Call(args...),
			jen.Return(jen.Id(result).Call(jen.Id("outcome")), jen.Id("ok")),
		)
	}
}
