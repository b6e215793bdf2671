using System.Numerics;
using System.Reflection;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>The functions of .NET that devices have instructions for.</summary>
internal static class Intrinsics
{
    public static Opcode? Find(MethodBase method)
    {
        Type type = method.DeclaringType!;
        ParameterInfo[] parameters = method.GetParameters();
        if (!method.IsStatic || parameters.Length == 0) return null;
        bool isFloat = parameters[0].ParameterType == typeof(float) || parameters[0].ParameterType == typeof(double);
        bool isUnsigned = parameters[0].ParameterType == typeof(uint) || parameters[0].ParameterType == typeof(ulong);
        bool fits = isFloat || isUnsigned || parameters[0].ParameterType == typeof(int) || parameters[0].ParameterType == typeof(long);
        if (!fits) return null;
        if (type == typeof(MathF) || type == typeof(Math))
        {
            return method.Name switch
            {
                "Sqrt" => Opcode.Sqrt,
                "Abs" => Opcode.Abs,
                "Floor" => Opcode.Floor,
                "Ceiling" => Opcode.Ceiling,
                "Truncate" => Opcode.Truncate,
                "Round" when parameters.Length == 1 => Opcode.RoundToEven,
                "CopySign" => Opcode.CopySign,
                "FusedMultiplyAdd" => Opcode.FusedMultiplyAdd,
                "Min" => isUnsigned ? Opcode.MinUnsigned : Opcode.Min,
                "Max" => isUnsigned ? Opcode.MaxUnsigned : Opcode.Max,
                _ => null,
            };
        }
        if (type == typeof(BitConverter))
        {
            return method.Name is "SingleToInt32Bits" or "SingleToUInt32Bits" or "Int32BitsToSingle" or "UInt32BitsToSingle"
                or "DoubleToInt64Bits" or "DoubleToUInt64Bits" or "Int64BitsToDouble" or "UInt64BitsToDouble" ? Opcode.Bitcast : null;
        }
        if (type == typeof(BitOperations) && !isFloat)
        {
            return method.Name switch { "PopCount" => Opcode.PopCount, "LeadingZeroCount" => Opcode.LeadingZeroCount, _ => null };
        }
        return null;
    }
}
