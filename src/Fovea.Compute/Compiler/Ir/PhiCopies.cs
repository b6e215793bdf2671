namespace Fovea.Compute.Compiler.Ir;

/// <summary>
/// What the end of a block must do for the phis of the block it leads to. All phis take their values at once, so a value that is
/// itself a phi there, and is written before another phi reads it, is saved first.
/// </summary>
/// <param name="Saved">What to save, before anything is written.</param>
/// <param name="Copies">Each phi with its value, in order.</param>
internal readonly record struct PhiCopies(IReadOnlyList<Value> Saved, IReadOnlyList<(Instruction Phi, Value Value)> Copies)
{
    /// <param name="from">Where control comes from.</param>
    /// <param name="to">Where it goes.</param>
    /// <param name="isUsed">Whether anything reads a phi.</param>
    public static PhiCopies Of(Block from, Block to, Func<Value, bool> isUsed)
    {
        List<(Instruction Phi, Value Value)> copies = [.. to.Phis.Where(phi => isUsed(phi)).Select(phi => (phi, phi.Operands[phi.Sources.IndexOf(from)])).Where(copy => copy.Item2 != copy.phi)];
        HashSet<Value> written = [];
        List<Value> saved = [];
        foreach ((Instruction phi, Value value) in copies)
        {
            if (written.Contains(value) && !saved.Contains(value)) saved.Add(value);
            written.Add(phi);
        }
        return new PhiCopies(saved, copies);
    }
}
