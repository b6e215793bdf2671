using Fovea.Gpu.Devices.Operations;
using ILGPU.IR;
using ILGPU.IR.Values;

namespace Fovea.Gpu.Devices.Compilation;

/// <summary>What the threads of a group do together in a kernel.</summary>
internal enum GroupWaits
{
    /// <summary>Nothing: each thread could run on its own.</summary>
    None,

    /// <summary>They wait at <see cref="KernelGroup.Barrier"/>.</summary>
    Barriers,

    /// <summary>They use other means of ILGPU, such as its own barriers or the exchange of values within a warp.</summary>
    Others,
}

/// <summary>Finds out what threads do together from ILGPU's translation of a kernel.</summary>
internal static class GroupWaitsOf
{
    /// <summary>Looks at a kernel and all that it calls.</summary>
    public static GroupWaits Kernel(Method kernel)
    {
        var seen = new HashSet<Method> { kernel };
        var open = new Stack<Method>(seen);
        GroupWaits found = GroupWaits.None;
        while (open.TryPop(out Method? method))
        {
            foreach (BasicBlock block in method.Blocks)
            {
                foreach (Value value in Values(block))
                {
                    switch (value)
                    {
                        case MethodCall { Target: { HasSource: true } target } when target.Source.Name == nameof(KernelGroup.Barrier)
                            && target.Source.DeclaringType == typeof(KernelGroup):
                            found = GroupWaits.Barriers;
                            break;
                        case MethodCall { Target: { HasImplementation: true } target } when seen.Add(target):
                            open.Push(target);
                            break;
                        case BarrierOperation or Broadcast or ShuffleOperation or LaneIdxValue or WarpSizeValue:
                            return GroupWaits.Others;
                    }
                }
            }
        }
        return found;
    }

    private static IEnumerable<Value> Values(BasicBlock block)
    {
        foreach (BasicBlock.ValueEntry entry in block) yield return entry.Value;
    }
}
