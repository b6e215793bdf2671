using System.Collections.Concurrent;
using System.Reflection;
using System.Runtime.CompilerServices;
using Fovea.Compute.Compiler.Il;
using Fovea.Compute.Compiler.Ir;
using Fovea.Compute.Dialect;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>Calls: what the dialect defines becomes instructions, everything else is inlined.</summary>
internal sealed partial class Translator
{
    private static readonly ConcurrentDictionary<MethodBase, IlMethod> Methods = [];

    private void Call(MethodBase method, bool isVirtual)
    {
        Type? type = constrained;
        constrained = null;
        if (type is not null) method = Implementation(method, type);
        else if (isVirtual && method.IsVirtual && !method.DeclaringType!.IsValueType)
        {
            throw Refuse($"it calls {Describe(method)} through an interface or a base class", "Call it through a type parameter: where T : struct, IInterface.");
        }
        int count = method.GetParameters().Length + (method.IsStatic ? 0 : 1);
        List<Symbol> arguments = state.Stack[^count..];
        state.Stack.RemoveRange(state.Stack.Count - count, count);
        if (TryIntrinsic(method, arguments, out Symbol? result))
        {
            if (result is not null) Push(result);
            return;
        }
        if (!method.IsStatic && arguments[0] is not ReferenceSymbol) throw Refuse($"it calls {Describe(method)} on an object", "Kernels work with numbers, structs and views; a lambda must capture nothing.");
        Inline(method, arguments);
    }

    /// <summary>What a struct implements an interface's method with.</summary>
    private MethodBase Implementation(MethodBase method, Type type)
    {
        if (!type.IsValueType) throw Refuse($"it calls {Describe(method)} on a {type.Name}, which is no struct", "Restrict the type parameter: where T : struct, IInterface.");
        Type declaring = method.DeclaringType!;
        if (!declaring.IsInterface)
        {
            MethodInfo? own = type.GetMethod(method.Name, BindingFlags.Instance | BindingFlags.Public, [.. method.GetParameters().Select(parameter => parameter.ParameterType)]);
            return own?.DeclaringType == type ? own : throw Refuse($"it calls {Describe(method)} on a {type.Name}", "Kernels have no objects and so none of their methods.");
        }
        InterfaceMapping map = type.GetInterfaceMap(declaring);
        MethodInfo generic = method is MethodInfo { IsGenericMethod: true } closed ? closed.GetGenericMethodDefinition() : (MethodInfo)method;
        int index = Array.FindIndex(map.InterfaceMethods, candidate => candidate == generic || (candidate.MetadataToken == generic.MetadataToken && candidate.Module == generic.Module));
        if (index < 0) throw Refuse($"{type.Name} does not implement {Describe(method)}", "Implement it.");
        MethodInfo found = map.TargetMethods[index];
        if (found.DeclaringType is { IsInterface: true } && !found.IsStatic) throw Refuse($"{type.Name} leaves {Describe(method)} to the interface's default", "Implement it in the struct.");
        return method.IsGenericMethod ? found.MakeGenericMethod(method.GetGenericArguments()) : found;
    }

    private void Construct(ConstructorInfo constructor)
    {
        Type type = constructor.DeclaringType!;
        int count = constructor.GetParameters().Length;
        List<Symbol> arguments = state.Stack[^count..];
        state.Stack.RemoveRange(state.Stack.Count - count, count);
        if (TypeLayout.IsView(type))
        {
            if (arguments is [StackSymbol memory, ScalarSymbol { Value: Constant length }])
            {
                Push(ThreadArray(type.GetGenericArguments()[0], length.Int32, memory.Site, fromStack: true));
                return;
            }
            throw Refuse($"it makes a {type.Name.Split('`')[0]} of something else than stackalloc", "Use stackalloc with a constant length, or an ArrayView.");
        }
        if (typeof(Exception).IsAssignableFrom(type)) throw RefuseException(type.Name);
        if (typeof(Delegate).IsAssignableFrom(type)) throw RefuseDelegate();
        if (!type.IsValueType) throw Refuse($"it makes an object of the class {type.Name.Split('`')[0]}", "Kernels have no heap: use structs.");
        var slot = new Slot($"new {type.Name}", type);
        state.Slots[slot] = Default(type);
        arguments.Insert(0, new ReferenceSymbol(new SlotPlace(slot, default), type));
        Inline(constructor, arguments);
        Push(Read(slot));
        state.Slots.Remove(slot);
    }

    private bool TryIntrinsic(MethodBase method, List<Symbol> arguments, out Symbol? result)
    {
        result = null;
        Type type = method.DeclaringType!;
        if (TypeLayout.IsView(type)) return View(method, arguments, out result);
        if (type == typeof(SharedMemory) || type == typeof(LocalMemory))
        {
            Type element = method.GetGenericArguments()[0];
            Value length = ((ScalarSymbol)arguments[0]).Value;
            result = type == typeof(SharedMemory) ? SharedArray(element, length)
                : length is Constant known ? ThreadArray(element, known.Int32, new ArraySite(frame.Method.Method, current.Offset), fromStack: false)
                : throw Refuse("the length of local memory is not known while compiling", "Use a constant, a static property of a type parameter, or a [Constant] parameter.");
            return true;
        }
        if (type == typeof(Type) || type == typeof(Unsafe)) return Reflection(method, arguments, out result);
        if (type == typeof(Target))
        {
            bool holds = method.Name switch
            {
                "get_IsOpenCl" => target.Name == "opencl",
                "get_IsPtx" => target.Name == "ptx",
                "get_HasShuffle" => target.HasShuffle,
                _ => false,
            };
            result = new ScalarSymbol(function.Bool(holds));
            return true;
        }
        if (type == typeof(Group) || type == typeof(Grid)) return LaunchIntrinsic(method, out result);
        if (type == typeof(Warp) && method.Name == "ShuffleRegisters")
        {
            if (Leaves.Of(arguments[0]).Any(leaf => leaf.Value.Type != IrType.I32 && leaf.Value.Type != IrType.F32))
            {
                throw Refuse("lanes exchange a value that does not have 32 bits", "Exchange ints, uints and floats; a larger value in parts.");
            }
            result = Leaves.Join([arguments[0]], leaves => new Leaf(builder.Append(new Instruction(Opcode.Shuffle, leaves[0].Value.Type, leaves[0].Value, ((ScalarSymbol)arguments[1]).Value))));
            return true;
        }
        if (type == typeof(Atomic)) return AtomicIntrinsic(method, arguments, out result);
        if (Intrinsics.Find(method) is { } opcode)
        {
            Value[] values = [.. arguments.Select(argument => builder.Number(((ScalarSymbol)argument).Value))];
            IrType of = method is MethodInfo { ReturnType: var returned } ? TypeLayout.Of(returned).Scalar!.Value.InRegister() : IrType.Void;
            // Bits are counted in the operand's width, but the count is an int.
            Value value = builder.Emit(opcode, opcode == Opcode.Bitcast ? of : values[0].Type, values);
            result = new ScalarSymbol(value.Type == of ? value : builder.Emit(Opcode.Convert, of, value));
            return true;
        }
        return false;
    }

    private bool View(MethodBase method, List<Symbol> arguments, out Symbol? result)
    {
        result = null;
        // A span may come by value to a conversion, and by reference to its own methods.
        Symbol self = arguments[0] is ReferenceSymbol reference ? Load(reference.Place, method.DeclaringType!) : arguments[0];
        if (self is not ViewSymbol view) throw Refuse($"it makes a {method.DeclaringType!.Name.Split('`')[0]} of something else than a view or stackalloc", "Use an ArrayView, or stackalloc with a constant length.");
        Value Number(int i) => builder.Number(((ScalarSymbol)arguments[i]).Value);
        switch (method.Name)
        {
            case "get_Item":
                result = new ReferenceSymbol(Further(view.Start, Number(1), view.Element), view.Element);
                return true;
            case "get_Length":
                result = new ScalarSymbol(view.Length);
                return true;
            case "get_IsEmpty":
                result = new ScalarSymbol(builder.Emit(Opcode.Equal, IrType.Bool, view.Length, function.Int(0)));
                return true;
            case "SubView" or "Slice":
                Value length = arguments.Count > 2 ? Number(2) : builder.Emit(Opcode.Subtract, IrType.I32, view.Length, Number(1));
                result = view with { Start = Further(view.Start, Number(1), view.Element), Length = length };
                return true;
            case "op_Implicit":
                result = view;
                return true;
            case "Cast":
                Type other = method.GetGenericArguments()[0];
                if (view.Start is not MemoryPlace) throw Refuse("it casts an array of registers", "Cast views of memory; load and store the elements of registers one by one.");
                int from = TypeLayout.Of(view.Element).Bytes, to = TypeLayout.Of(other).Bytes;
                Value count = from == to ? view.Length : builder.Emit(Opcode.DivideUnsigned, IrType.I32, builder.Emit(Opcode.Multiply, IrType.I32, view.Length, function.Int(from)), function.Int(to));
                result = new ViewSymbol(other, view.Start, to % from == 0 ? builder.Emit(Opcode.DivideUnsigned, IrType.I32, view.Length, function.Int(to / from)) : count);
                return true;
            default:
                throw Refuse($"it calls {method.DeclaringType!.Name.Split('`')[0]}.{method.Name}", "Of views and spans there are index, Length, SubView or Slice, and Cast.");
        }
    }

    private bool Reflection(MethodBase method, List<Symbol> arguments, out Symbol? result)
    {
        result = (method.DeclaringType == typeof(Type), method.Name, arguments) switch
        {
            (true, "GetTypeFromHandle", [TypeSymbol type]) => type,
            (true, "op_Equality", [TypeSymbol a, TypeSymbol b]) => new ScalarSymbol(function.Bool(a.Type == b.Type)),
            (true, "op_Inequality", [TypeSymbol a, TypeSymbol b]) => new ScalarSymbol(function.Bool(a.Type != b.Type)),
            (false, "As", [ReferenceSymbol reference]) when method.GetGenericArguments() is [_, var to] => reference with { Type = to },
            (false, "SizeOf", []) => new ScalarSymbol(function.Int(TypeLayout.Of(method.GetGenericArguments()[0]).Bytes)),
            (false, "BitCast", [ScalarSymbol value]) => new ScalarSymbol(builder.Emit(Opcode.Bitcast, TypeLayout.Of(method.GetGenericArguments()[1]).Scalar!.Value.InRegister(), value.Value)),
            _ => null,
        };
        return result is not null;
    }

    private bool LaunchIntrinsic(MethodBase method, out Symbol? result)
    {
        Dim3 size = source.GroupSize;
        Value? value = (method.DeclaringType == typeof(Group), method.Name) switch
        {
            (true, "get_DimX") => function.Int(size.X),
            (true, "get_DimY") => function.Int(size.Y),
            (true, "get_DimZ") => function.Int(size.Z),
            (true, "get_IdxX") => size.X == 1 ? function.Int(0) : Launch(LaunchValue.ThreadX),
            (true, "get_IdxY") => size.Y == 1 ? function.Int(0) : Launch(LaunchValue.ThreadY),
            (true, "get_IdxZ") => size.Z == 1 ? function.Int(0) : Launch(LaunchValue.ThreadZ),
            (false, "get_IdxX") => Launch(LaunchValue.GroupX),
            (false, "get_IdxY") => Launch(LaunchValue.GroupY),
            (false, "get_IdxZ") => Launch(LaunchValue.GroupZ),
            (false, "get_DimX") => Launch(LaunchValue.GroupsX),
            (false, "get_DimY") => Launch(LaunchValue.GroupsY),
            (false, "get_DimZ") => Launch(LaunchValue.GroupsZ),
            _ => null,
        };
        result = value is null ? null : new ScalarSymbol(value);
        if (method.Name != "Barrier") return value is not null;
        builder.Append(new Instruction(Opcode.Barrier, IrType.Void));
        return true;
    }

    private Instruction Launch(LaunchValue value) => builder.Append(new Instruction(Opcode.Launch, IrType.I32) { Index = (int)value });

    private bool AtomicIntrinsic(MethodBase method, List<Symbol> arguments, out Symbol? result)
    {
        result = null;
        Type type = method.GetParameters()[0].ParameterType.GetElementType()!;
        bool unsigned = type == typeof(uint);
        Opcode? opcode = type != typeof(int) && !unsigned ? null : method.Name switch
        {
            "Add" => Opcode.AtomicAdd,
            "Min" => unsigned ? Opcode.AtomicMinUnsigned : Opcode.AtomicMin,
            "Max" => unsigned ? Opcode.AtomicMaxUnsigned : Opcode.AtomicMax,
            "And" => Opcode.AtomicAnd,
            "Or" => Opcode.AtomicOr,
            "Xor" => Opcode.AtomicXor,
            "Exchange" => Opcode.AtomicExchange,
            "CompareExchange" => Opcode.AtomicCompareExchange,
            _ => null,
        };
        if (opcode is null) return false;
        if (arguments[0] is not ReferenceSymbol { Place: MemoryPlace { Pointer.Type.Space: not AddressSpace.Local } place })
        {
            throw Refuse("it uses an atomic operation on a variable of the thread", "Atomic operations work on elements of views and of shared memory.");
        }
        Value[] values = [place.Pointer, .. arguments.Skip(1).Select(argument => builder.Number(((ScalarSymbol)argument).Value))];
        result = new ScalarSymbol(builder.Append(new Instruction(opcode.Value, IrType.I32, values) { Element = ScalarType.Int32, Offset = place.Offset }));
        return true;
    }
}
