using Fovea.Graph;
using Fovea.Ops;

namespace Fovea.Compilation;

/// <summary>The rewrites that every backend profits from.</summary>
internal static class Fusion
{
    private const int MostOperands = 8, MostOperations = 24;

    public static Program Apply(Program program) => FuseActivations(FuseMaps(program));

    /// <summary>Merges a map into the only one that reads it.</summary>
    public static Program FuseMaps(Program program)
    {
        Dictionary<Value, int> uses = program.CountUses();
        HashSet<Value> fetched = [.. program.Fetches];
        return program.Rewrite((node, inputs) =>
        {
            if (node.Op is not MapOp map) return null;
            Expression formula = map.Formula;
            List<Value> operands = [.. inputs];
            for (int i = 0; i < inputs.Length; i++)
            {
                Value original = node.Inputs[i];
                if (original.Producer.Op is not MapOp || inputs[i].Producer.Op is not MapOp inner || uses[original] != 1
                    || fetched.Contains(original)) continue;
                if (original.Shape != node.Outputs[0].Shape) continue;
                if (operands.Count - 1 + inputs[i].Producer.Inputs.Count > MostOperands
                    || formula.Size + inner.Formula.Size > MostOperations) continue;
                // An operand that the formula mentions twice is still computed once: compilation shares equal parts.
                IReadOnlyList<Value> innerInputs = inputs[i].Producer.Inputs;
                if (Periods([.. operands, .. innerInputs], node.Outputs[0].Shape) > 1) continue;
                int offset = operands.Count;
                operands.AddRange(innerInputs);
                Expression moved = inner.Formula.Substitute(leaf => leaf is InputExpression x ? Expression.Input(offset + x.Index) : leaf);
                int index = i;
                formula = formula.Substitute(leaf => leaf is InputExpression x && x.Index == index ? moved : leaf);
            }
            (Expression compact, Value[] used) = Compact(formula, operands);
            return used.Length == 0 ? null : new Replacement(new MapOp(compact), used, node.Path);
        });
    }

    /// <summary>Lets convolutions and products apply the rectifier that follows them.</summary>
    public static Program FuseActivations(Program program)
    {
        Dictionary<Value, int> uses = program.CountUses();
        HashSet<Value> fetched = [.. program.Fetches];
        Expression rectifier = Expression.Max(Expression.Input(0), 0f);
        return program.Rewrite((node, inputs) =>
        {
            if (node.Op is not MapOp map || inputs.Length != 1 || !map.Formula.Equals(rectifier)) return null;
            if (uses[node.Inputs[0]] != 1 || fetched.Contains(node.Inputs[0])) return null;
            Node producer = inputs[0].Producer;
            return producer.Op switch
            {
                ConvolutionOp { Activation: Activation.None } conv => Fused(conv with { Activation = Activation.Relu }),
                MatrixProductOp { Activation: Activation.None } product => Fused(product with { Activation = Activation.Relu }),
                _ => default(Replacement?),
            };

            Replacement Fused(Op op) => new(op, [.. producer.Inputs], producer.Path);
        });
    }

    /// <summary>How many different lengths the repeating operands have; a map's kernel walks through one.</summary>
    private static int Periods(IEnumerable<Value> operands, Shape result) =>
        operands.Where(operand => MapOp.Kind(operand.Shape, result) == MapInputKind.Repeating).Select(operand => operand.Shape.Count)
            .Distinct().Count();

    /// <summary>Renumbers a formula's inputs so that equal operands are one and unused ones are gone.</summary>
    private static (Expression Formula, Value[] Operands) Compact(Expression formula, List<Value> operands)
    {
        Value[] used = [.. formula.Leaves().Select(index => operands[index]).Distinct()];
        return (formula.Substitute(leaf => leaf is InputExpression x ? Expression.Input(Array.IndexOf(used, operands[x.Index])) : leaf),
            used);
    }
}
