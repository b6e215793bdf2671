namespace Fovea.Ptx;

/// <summary>The registers that the machine sets.</summary>
internal static class SpecialRegisters
{
    private static readonly HashSet<string> Known =
    [
        "%tid.x", "%tid.y", "%tid.z", "%ntid.x", "%ntid.y", "%ntid.z", "%ctaid.x", "%ctaid.y", "%ctaid.z", "%nctaid.x", "%nctaid.y",
        "%nctaid.z", "%laneid", "%warpid", "%nwarpid", "%smid", "%nsmid", "%clock", "%clock64", "%globaltimer", "%lanemask_eq",
        "%lanemask_lt", "%lanemask_le", "%lanemask_gt", "%lanemask_ge", "%dynamic_smem_size", "%total_smem_size",
    ];

    public static bool IsKnown(string name) => Known.Contains(name);

    /// <summary>Those that count on while a thread runs.</summary>
    public static bool IsClock(string name) => name is "%clock" or "%clock64" or "%globaltimer";

    public static PtxType TypeOf(string name) => name is "%clock64" or "%globaltimer" ? PtxType.U64 : PtxType.U32;

    public static ulong Value(string name, Dim thread, Dim group, Dim block, Dim grid, int linear, int dynamicShared, int totalShared)
    {
        int lane = linear & 31;
        return name switch
        {
            "%tid.x" => (uint)thread.X,
            "%tid.y" => (uint)thread.Y,
            "%tid.z" => (uint)thread.Z,
            "%ntid.x" => (uint)group.X,
            "%ntid.y" => (uint)group.Y,
            "%ntid.z" => (uint)group.Z,
            "%ctaid.x" => (uint)block.X,
            "%ctaid.y" => (uint)block.Y,
            "%ctaid.z" => (uint)block.Z,
            "%nctaid.x" => (uint)grid.X,
            "%nctaid.y" => (uint)grid.Y,
            "%nctaid.z" => (uint)grid.Z,
            "%laneid" => (uint)lane,
            "%warpid" => (uint)linear >> 5,
            "%nwarpid" => (ulong)(group.Count + 31) / 32,
            "%nsmid" => 1,
            "%lanemask_eq" => 1u << lane,
            "%lanemask_lt" => (1u << lane) - 1,
            "%lanemask_le" => uint.MaxValue >> (31 - lane),
            "%lanemask_gt" => ~(uint.MaxValue >> (31 - lane)),
            "%lanemask_ge" => uint.MaxValue << lane,
            "%dynamic_smem_size" => (uint)dynamicShared,
            "%total_smem_size" => (uint)totalShared,
            _ => 0,
        };
    }
}
