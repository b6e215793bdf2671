using System.Reflection;
using System.Reflection.Emit;
using Fovea.Compute.Compiler.Il;
using Fovea.Compute.Compiler.Ir;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>IL instructions, one by one.</summary>
internal sealed partial class Translator
{
    // How often a branch that can leave a loop was decided while compiling.
    private int knownExits;
    private Type? constrained;

    /// <summary>Runs a block; gives where control goes from there.</summary>
    private List<(IlBlock Next, Edge Edge)> Translate(IlBlock block, IlLoop? loop)
    {
        foreach (IlInstruction instruction in block.Instructions)
        {
            current = instruction;
            builder.Location = frame.Method.Location(instruction.Offset);
            if (instruction.Opcode.OperandType == OperandType.InlineString && block.Instructions[^1].Opcode.FlowControl == FlowControl.Throw) throw RefuseException("an exception");
            string name = instruction.Opcode.Name!;
            switch (instruction.Opcode.FlowControl)
            {
                case FlowControl.Return:
                    builder.Block.Location = builder.Location;
                    frame.Returns.Add(new Edge(builder.Block, state));
                    return [];
                case FlowControl.Throw:
                    throw RefuseException("an exception");
                case FlowControl.Branch when name.StartsWith("br", StringComparison.Ordinal):
                    return [(frame.Method.BlockAt(instruction.Int32), new Edge(builder.Block, state))];
                case FlowControl.Cond_Branch when name == "switch":
                    return Switch((int[])instruction.Operand!, instruction.Next);
                case FlowControl.Cond_Branch:
                    return Branch(Condition(name), frame.Method.BlockAt(instruction.Int32), frame.Method.BlockAt(instruction.Next), loop);
                default:
                    Translate(instruction, name);
                    break;
            }
        }
        return [(frame.Method.BlockAt(block.Instructions[^1].Next), new Edge(builder.Block, state))];
    }

    private List<(IlBlock, Edge)> Branch(Value condition, IlBlock taken, IlBlock other, IlLoop? loop)
    {
        if (condition is Constant known)
        {
            for (IlLoop? around = loop; around is not null; around = around.Parent)
            {
                if (!around.Blocks.Contains(taken) || !around.Blocks.Contains(other)) knownExits++;
            }
            return [(known.Bits != 0 ? taken : other, new Edge(builder.Block, state))];
        }
        if (taken == other) return [(taken, new Edge(builder.Block, state))];
        // Every side has a block of its own, where values can be put ready for the phis they meet.
        Block from = builder.Block, yes = NewBlock(), no = NewBlock();
        from.Location = yes.Location = no.Location = builder.Location;
        from.Branch(condition, yes, no);
        return [(taken, new Edge(yes, state)), (other, new Edge(no, state.Clone()))];
    }

    private List<(IlBlock, Edge)> Switch(int[] targets, int otherwise)
    {
        Value selector = PopNumber();
        if (selector is Constant known)
        {
            return [(frame.Method.BlockAt((ulong)known.Bits < (ulong)targets.Length ? targets[known.Int32] : otherwise), new Edge(builder.Block, state))];
        }
        var edges = new List<(IlBlock, Edge)>();
        for (int i = 0; i < targets.Length; i++)
        {
            Block from = builder.Block, yes = NewBlock(), no = NewBlock();
            from.Branch(builder.Emit(Opcode.Equal, IrType.Bool, selector, function.Int(i)), yes, no);
            edges.Add((frame.Method.BlockAt(targets[i]), new Edge(yes, state.Clone())));
            builder.Block = no;
        }
        edges.Add((frame.Method.BlockAt(otherwise), new Edge(builder.Block, state)));
        return edges;
    }

    private Value Condition(string name)
    {
        name = name.EndsWith(".s", StringComparison.Ordinal) ? name[..^2] : name;
        if (name is "brtrue" or "brfalse")
        {
            Value truth = builder.Truth(PopScalar());
            return name == "brtrue" ? truth : builder.Not(truth);
        }
        if (name is "leave") throw Refuse("it leaves a try block", "Kernels have no exceptions: test conditions with if.");
        Value b = PopScalar(), a = PopScalar();
        return name switch
        {
            "beq" => Compare(Opcode.Equal, a, b),
            "bne.un" => Compare(Opcode.NotEqual, a, b),
            "blt" => Compare(Opcode.Less, a, b),
            "bgt" => Compare(Opcode.Greater, a, b),
            "ble" => Compare(Opcode.LessOrEqual, a, b),
            "bge" => Compare(Opcode.GreaterOrEqual, a, b),
            // Of floats these also hold where one is NaN; of integers they ignore the sign.
            "blt.un" => a.Type.IsFloat ? builder.Not(Compare(Opcode.GreaterOrEqual, a, b)) : Compare(Opcode.LessUnsigned, a, b),
            "bgt.un" => a.Type.IsFloat ? builder.Not(Compare(Opcode.LessOrEqual, a, b)) : Compare(Opcode.GreaterUnsigned, a, b),
            "ble.un" => a.Type.IsFloat ? builder.Not(Compare(Opcode.Greater, a, b)) : Compare(Opcode.LessOrEqualUnsigned, a, b),
            _ => a.Type.IsFloat ? builder.Not(Compare(Opcode.Less, a, b)) : Compare(Opcode.GreaterOrEqualUnsigned, a, b),
        };
    }

    private Value Compare(Opcode comparison, Value a, Value b)
    {
        if (comparison is Opcode.Equal or Opcode.NotEqual && (a.Type == IrType.Bool || b.Type == IrType.Bool))
        {
            // "x == false" negates; two truth values compare as they are.
            if (a.Type != IrType.Bool) (a, b) = (b, a);
            if (b is Constant { Bits: 0 or 1 } constant) return (constant.Bits == 1) == (comparison == Opcode.Equal) ? a : builder.Not(a);
            if (b.Type == IrType.Bool) return builder.Emit(comparison, IrType.Bool, a, b);
        }
        (a, b) = (builder.Number(a), builder.Number(b));
        return builder.Emit(comparison, IrType.Bool, a, Like(a, b));
    }

    private void Translate(IlInstruction instruction, string name)
    {
        string stem = name.Split('.')[0];
        switch (stem)
        {
            case "nop" or "readonly" or "volatile" or "unaligned" or "tail": break;
            case "constrained": constrained = (Type)Resolve(instruction.Int32); break;
            case "ldarg": Push(Read(frame.Arguments[LocalIndex(instruction, name)])); break;
            case "starg": Assign(frame.Arguments[instruction.Int32], Pop()); break;
            case "ldarga": PushReference(frame.Arguments[instruction.Int32]); break;
            case "ldloc": Push(Read(frame.Locals[LocalIndex(instruction, name)])); break;
            case "stloc": Assign(frame.Locals[LocalIndex(instruction, name)], Pop()); break;
            case "ldloca": PushReference(frame.Locals[instruction.Int32]); break;
            case "ldc": LoadConstant(instruction, name); break;
            case "dup": Push(state.Stack[^1]); break;
            case "pop": Pop(); break;
            case "add" or "sub" or "mul" or "div" or "rem" or "and" or "or" or "xor" or "shl" or "shr": Arithmetic(stem, name); break;
            case "neg": { Value a = PopNumber(); Push(builder.Emit(Opcode.Negate, a.Type, a)); break; }
            case "not": { Value a = PopNumber(); Push(builder.Emit(Opcode.Not, a.Type, a)); break; }
            case "ceq" or "clt" or "cgt": { Value b = PopScalar(), a = PopScalar(); Push(SetCondition(name, a, b)); break; }
            case "conv": Convert(name); break;
            case "call" or "callvirt": Call((MethodBase)Resolve(instruction.Int32), name == "callvirt"); break;
            case "newobj": Construct((ConstructorInfo)Resolve(instruction.Int32)); break;
            case "ldfld" or "ldflda" or "stfld": Field((FieldInfo)Resolve(instruction.Int32), name); break;
            case "ldsfld": StaticField((FieldInfo)Resolve(instruction.Int32)); break;
            case "ldobj": { var reference = PopReference(); Push(Load(reference.Place, (Type)Resolve(instruction.Int32))); break; }
            case "stobj": { Symbol value = Pop(); ReferenceSymbol reference = PopReference(); Store(reference.Place, (Type)Resolve(instruction.Int32), value); break; }
            case "cpobj": { ReferenceSymbol from = PopReference(), to = PopReference(); var type = (Type)Resolve(instruction.Int32); Store(to.Place, type, Load(from.Place, type)); break; }
            case "ldind": { ReferenceSymbol reference = PopReference(); Push(Load(reference.Place, Indirect(name) ?? reference.Type)); break; }
            case "stind": { Symbol value = Pop(); ReferenceSymbol reference = PopReference(); Store(reference.Place, Indirect(name) ?? reference.Type, value); break; }
            case "initobj": { ReferenceSymbol reference = PopReference(); var type = (Type)Resolve(instruction.Int32); Store(reference.Place, type, Default(type)); break; }
            case "sizeof": Push(function.Int(TypeLayout.Of((Type)Resolve(instruction.Int32)).Bytes)); break;
            case "ldtoken" when Resolve(instruction.Int32) is Type type: Push(new TypeSymbol(type)); break;
            case "localloc": StackAllocate(instruction.Offset); break;
            case "newarr" or "ldelem" or "ldelema" or "stelem" or "ldlen":
                throw Refuse("it uses an array", "Use an ArrayView for memory of the device, SharedMemory.Allocate for memory of the group, and stackalloc or LocalMemory.Allocate for the thread's own.");
            case "box" or "unbox" or "isinst" or "castclass":
                throw Refuse("it makes an object of a value (boxing or a cast)", "Call interface methods through a type parameter: where T : struct, IInterface.");
            case "ldstr" or "ldnull": throw Refuse("it uses an object or a string", "Kernels work with numbers, structs of numbers and views.");
            case "ldftn" or "ldvirtftn" or "calli": throw RefuseDelegate();
            case "stsfld" or "ldsflda": throw Refuse("it uses a static field", "Pass the value as a parameter; constants (const) are fine.");
            default: throw Refuse($"the IL instruction {name} has no equivalent", "Write it with the operations the dialect has.");
        }
    }

    private static int LocalIndex(IlInstruction instruction, string name) => instruction.Operand is int index ? index : name[^1] - '0';

    private void LoadConstant(IlInstruction instruction, string name) => Push(instruction.Operand switch
    {
        int value => function.Int(value),
        long value => function.Constant(IrType.I64, value),
        float value => function.Float(value),
        double value => function.Constant(IrType.F64, BitConverter.DoubleToInt64Bits(value)),
        _ => function.Int(name == "ldc.i4.m1" ? -1 : name[^1] - '0'),
    });

    private void Arithmetic(string stem, string name)
    {
        Value b = PopScalar(), a = PopScalar();
        if (name.Contains(".ovf", StringComparison.Ordinal) && !(a is Constant && b is Constant))
        {
            throw Refuse("it checks for overflow (checked)", "Use unchecked arithmetic; check sizes on the host.");
        }
        bool unsigned = name.EndsWith(".un", StringComparison.Ordinal);
        Opcode opcode = stem switch
        {
            "add" => Opcode.Add,
            "sub" => Opcode.Subtract,
            "mul" => Opcode.Multiply,
            "div" => unsigned ? Opcode.DivideUnsigned : Opcode.Divide,
            "rem" => unsigned ? Opcode.RemainderUnsigned : Opcode.Remainder,
            "and" => Opcode.And,
            "or" => Opcode.Or,
            "xor" => Opcode.Xor,
            "shl" => Opcode.ShiftLeft,
            _ => unsigned ? Opcode.ShiftRightUnsigned : Opcode.ShiftRight,
        };
        if (a.Type == IrType.Bool && b.Type == IrType.Bool && opcode is Opcode.And or Opcode.Or or Opcode.Xor)
        {
            Push(builder.Emit(opcode, IrType.Bool, a, b));
            return;
        }
        (a, b) = (builder.Number(a), builder.Number(b));
        if (a.Type.IsFloat && opcode == Opcode.Remainder) throw Refuse("it takes the remainder of floats", "Write x - (MathF.Truncate(x / y) * y).");
        bool shift = opcode is Opcode.ShiftLeft or Opcode.ShiftRight or Opcode.ShiftRightUnsigned;
        if (!shift && a.Type == IrType.I32 && b.Type == IrType.I64) a = Widen(a);
        Push(builder.Emit(opcode, a.Type, a, shift ? b : Like(a, b)));
    }

    /// <summary>The second operand with the first one's width: IL mixes 32-bit constants with native integers.</summary>
    private Value Like(Value a, Value b) => a.Type == IrType.I64 && b.Type == IrType.I32 ? Widen(b)
        : a.Type == IrType.F64 && b.Type == IrType.F32 ? builder.Emit(Opcode.Convert, IrType.F64, b) : b;

    private Value Widen(Value value) => builder.Emit(Opcode.Convert, IrType.I64, value);

    private Value SetCondition(string name, Value a, Value b) => name switch
    {
        "ceq" => Compare(Opcode.Equal, a, b),
        "clt" => Compare(Opcode.Less, a, b),
        "cgt" => Compare(Opcode.Greater, a, b),
        "clt.un" => a.Type.IsFloat ? builder.Not(Compare(Opcode.GreaterOrEqual, a, b)) : Compare(Opcode.LessUnsigned, a, b),
        _ => a.Type.IsFloat ? builder.Not(Compare(Opcode.LessOrEqual, a, b)) : Compare(Opcode.GreaterUnsigned, a, b),
    };

    private void Convert(string name)
    {
        if (state.Stack[^1] is ReferenceSymbol or StackSymbol)
        {
            return;
        }
        Value a = PopNumber();
        if (name.Contains(".ovf", StringComparison.Ordinal) && a is not Constant) throw Refuse("it checks a conversion for overflow (checked)", "Use an unchecked conversion.");
        string to = name.Split('.').First(part => part is not ("conv" or "ovf"));
        Push(to switch
        {
            "i1" => Narrow(a, 24, Opcode.ShiftRight),
            "u1" => builder.Emit(Opcode.And, IrType.I32, Integer(a), function.Int(0xFF)),
            "i2" => Narrow(a, 16, Opcode.ShiftRight),
            "u2" => builder.Emit(Opcode.And, IrType.I32, Integer(a), function.Int(0xFFFF)),
            "i4" => builder.Emit(Opcode.Convert, IrType.I32, a),
            "u4" => builder.Emit(Opcode.ConvertUnsigned, IrType.I32, a),
            "i8" or "i" => builder.Emit(Opcode.Convert, IrType.I64, a),
            "u8" or "u" => builder.Emit(Opcode.ConvertUnsigned, IrType.I64, a),
            "r4" => builder.Emit(Opcode.Convert, IrType.F32, a),
            "r8" => builder.Emit(Opcode.Convert, IrType.F64, a),
            // conv.r.un is followed by the conversion to the type that is wanted; both round at most once.
            _ => builder.Emit(Opcode.ConvertUnsigned, NextIs("conv.r4") ? IrType.F32 : IrType.F64, a),
        });

        Value Integer(Value value) => builder.Emit(Opcode.Convert, IrType.I32, value);

        Value Narrow(Value value, int bits, Opcode back) =>
            builder.Emit(back, IrType.I32, builder.Emit(Opcode.ShiftLeft, IrType.I32, Integer(value), function.Int(bits)), function.Int(bits));
    }

    private bool NextIs(string name) => frame.Method.Blocks.SelectMany(block => block.Instructions).Any(next => next.Offset == current.Next && next.Opcode.Name == name);

    private void StaticField(FieldInfo field)
    {
        // Where C# keeps a lambda that it has made once.
        if (field.Name.StartsWith("<>", StringComparison.Ordinal)) throw RefuseDelegate();
        if (field.IsInitOnly && TypeLayout.Of(field.FieldType).Scalar is not null && field.GetValue(null) is { } value)
        {
            Push(Known(value, field.FieldType));
            return;
        }
        throw Refuse($"it reads the static field {field.Name}", "Pass the value as a parameter; constants (const) are fine.");
    }

    private object Resolve(int token)
    {
        MethodBase method = frame.Method.Method;
        Type[]? typeArguments = method.DeclaringType!.IsGenericType ? method.DeclaringType.GetGenericArguments() : null;
        Type[]? methodArguments = method.IsGenericMethod ? method.GetGenericArguments() : null;
        return method.Module.ResolveMember(token, typeArguments, methodArguments)!;
    }

    private void Push(Symbol symbol) => state.Stack.Add(symbol);

    private void Push(Value value) => state.Stack.Add(new ScalarSymbol(value));

    private Symbol Pop()
    {
        Symbol top = state.Stack[^1];
        state.Stack.RemoveAt(state.Stack.Count - 1);
        return top;
    }

    private Value PopScalar() => Pop() is ScalarSymbol scalar ? scalar.Value : throw Refuse("it computes with a reference or a pointer", "Use indices into views.");

    private Value PopNumber() => builder.Number(PopScalar());

    private static Type? Indirect(string name) => name.Split('.')[1] switch
    {
        "i1" => typeof(sbyte),
        "u1" => typeof(byte),
        "i2" => typeof(short),
        "u2" => typeof(ushort),
        "r4" => typeof(float),
        "r8" => typeof(double),
        // The same for both signs, and for truth values: the reference knows better.
        _ => null,
    };
}
