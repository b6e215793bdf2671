using System.Reflection;
using System.Runtime.CompilerServices;
using Fovea.Compute.Compiler.Ir;
using Fovea.Compute.Dialect;

namespace Fovea.Compute.Compiler.Translation;

/// <summary>Variables, fields, arrays and memory.</summary>
internal sealed partial class Translator
{
    private readonly Dictionary<string, int> sharedArrays = [];

    private Symbol Read(Slot slot)
    {
        if (state.Slots.TryGetValue(slot, out Symbol? symbol))
        {
            return symbol is LostSymbol
                ? throw Refuse("a reference or view is chosen at run time among different variables or kinds of memory", "Choose between values, or between views of the same kind of memory.")
                : symbol;
        }
        // IL begins with zeros.
        return Default(slot.Type);
    }

    private void Assign(Slot slot, Symbol value) => state.Slots[slot] = Coerce(value, slot.Type);

    private void PushReference(Slot slot) => Push(new ReferenceSymbol(new SlotPlace(slot, default), slot.Type));

    private ReferenceSymbol PopReference() => Pop() as ReferenceSymbol ?? throw Refuse("it uses a pointer", "Use views and references.");

    /// <summary>Truth values and numbers are one on IL's stack; variables know which they are.</summary>
    private Symbol Coerce(Symbol symbol, Type type)
    {
        if (symbol is not ScalarSymbol { Value: var value }) return symbol;
        if (type == typeof(bool)) return new ScalarSymbol(builder.Truth(value));
        value = builder.Number(value);
        if (type == typeof(float) && value.Type == IrType.F64) value = builder.Emit(Opcode.Convert, IrType.F32, value);
        if (type == typeof(double) && value.Type == IrType.F32) value = builder.Emit(Opcode.Convert, IrType.F64, value);
        return new ScalarSymbol(value);
    }

    private Symbol Default(Type type)
    {
        if (TypeLayout.IsView(type))
        {
            var none = new MemoryPlace(function.Constant(IrType.Pointer(AddressSpace.Global), 0), 0);
            return new ViewSymbol(type.GetGenericArguments()[0], none, function.Int(0));
        }
        TypeLayout layout = TypeLayout.Of(type);
        if (layout.Scalar is { } scalar) return new ScalarSymbol(function.Constant(scalar.InRegister(), 0));
        return new StructSymbol(type, [.. Supported(type).Fields.Select(field => Default(field.FieldType))]);
    }

    /// <summary>A value known while compiling.</summary>
    private Symbol Known(object value, Type type)
    {
        if (TypeLayout.Of(type).Scalar is { } scalar)
        {
            object number = type.IsEnum ? System.Convert.ChangeType(value, type.GetEnumUnderlyingType(), null) : value;
            long bits = number switch
            {
                float single => BitConverter.SingleToInt32Bits(single),
                double real => BitConverter.DoubleToInt64Bits(real),
                bool truth => truth ? 1 : 0,
                uint unsigned => (int)unsigned,
                ulong unsigned => (long)unsigned,
                _ => System.Convert.ToInt64(number, null),
            };
            return new ScalarSymbol(function.Constant(scalar.InRegister(), bits));
        }
        return new StructSymbol(type, [.. Supported(type).Fields.Select(field => Known(field.GetValue(value)!, field.FieldType))]);
    }

    /// <summary>A parameter of the launch.</summary>
    private Symbol Given(ParameterInfo parameter, int argument)
    {
        string name = parameter.Name!;
        Type type = parameter.ParameterType;
        if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(ArrayView<>))
        {
            bool noAlias = parameter.IsDefined(typeof(NoAliasAttribute));
            Parameter pointer = Add(new Parameter(IrType.Pointer(AddressSpace.Global), name, KernelParameterKind.Pointer, argument, 0, ScalarType.UInt8) { NoAlias = noAlias });
            Parameter length = Add(new Parameter(IrType.I32, name + "_length", KernelParameterKind.Length, argument, 0, ScalarType.Int32));
            return new ViewSymbol(type.GetGenericArguments()[0], new MemoryPlace(pointer, 0), length);
        }
        if (TypeLayout.IsView(type) || !type.IsValueType || type.IsPointer || !TypeLayout.Of(type).IsMemory)
        {
            throw Refusal.Of(source, Describe(source.Method), null, $"its parameter '{name}' is a {type.Name}", "Parameters are ArrayViews, numbers, and structs of numbers.");
        }
        return Scalars(type, name, 0);

        Symbol Scalars(Type part, string label, int offset)
        {
            TypeLayout layout = TypeLayout.Of(part);
            if (layout.Scalar is { } scalar)
            {
                Value value = Add(new Parameter(scalar.InRegister(), label, KernelParameterKind.Scalar, argument, offset, scalar));
                return new ScalarSymbol(value);
            }
            return new StructSymbol(part, [.. Supported(part).Fields.Select((field, i) => Scalars(field.FieldType, $"{label}_{Plain(field.Name)}", offset + layout.Offsets[i]))]);
        }

        Parameter Add(Parameter added)
        {
            function.Parameters.Add(added);
            return added;
        }
    }

    // <Name>k__BackingField and the like.
    private static string Plain(string name) => new([.. name.Split('>')[0].Where(char.IsLetterOrDigit)]);

    private TypeLayout Supported(Type type)
    {
        TypeLayout layout = TypeLayout.Of(type);
        if (layout.IsSupported) return layout;
        throw type.IsDefined(typeof(InlineArrayAttribute), false)
            ? Refuse($"it uses the inline array {type.Name}", "Use Span<T> t = stackalloc T[n]; an initialiser in brackets makes an inline array too.")
            : Refuse($"it uses the type {type.Name}, which is no struct, or one of explicit layout", "Kernels work with numbers, structs of numbers, and views.");
    }

    private void CheckMemory(Type type)
    {
        if (!Supported(type).IsMemory) throw Refuse($"it keeps a {type.Name} in memory, which is no struct of numbers in sequential layout", "Use a struct of numbers of your own; tuples live in registers only.");
    }

    private void Field(FieldInfo field, string name)
    {
        if (name == "stfld")
        {
            Symbol value = Pop();
            ReferenceSymbol target = PopReference();
            Store(FieldPlace(target, field), field.FieldType, value);
            return;
        }
        if (Pop() is not { } holder || holder is not (StructSymbol or ReferenceSymbol)) throw Refuse($"it reads the field {field.Name} of an object", "Kernels work with numbers, structs and views.");
        if (holder is StructSymbol whole) Push(whole.Fields[FieldIndex(whole.Type, field)]);
        else if (name == "ldflda") Push(new ReferenceSymbol(FieldPlace((ReferenceSymbol)holder, field), field.FieldType));
        else Push(Load(FieldPlace((ReferenceSymbol)holder, field), field.FieldType));
    }

    private Place FieldPlace(ReferenceSymbol holder, FieldInfo field)
    {
        Type type = holder.Type.IsByRef ? holder.Type.GetElementType()! : holder.Type;
        int index = FieldIndex(type, field);
        return holder.Place switch
        {
            SlotPlace place => place with { Path = Longer(place.Path, index) },
            ElementPlace place => place with { Path = Longer(place.Path, index) },
            MemoryPlace place => place with { Offset = place.Offset + TypeLayout.Of(type).Offsets[index] },
            _ => throw new InvalidOperationException(),
        };
    }

    private static ReadOnlyMemory<int> Longer(ReadOnlyMemory<int> path, int index) => (int[])[.. path.Span, index];

    private int FieldIndex(Type type, FieldInfo field)
    {
        if (!type.IsValueType) throw Refuse($"it uses the field {field.Name} of an object", "Kernels work with numbers, structs and views; a lambda must capture nothing.");
        return Array.FindIndex(Supported(type).Fields, other => other.MetadataToken == field.MetadataToken && other.Module == field.Module);
    }

    private Symbol Load(Place place, Type type)
    {
        switch (place)
        {
            case SlotPlace { Path: var path, Slot: var slot }: return Follow(Read(slot), path.Span);
            case ElementPlace { Path: var path } element: return Follow(Read(ElementSlot(element)), path.Span);
            case MemoryPlace memory:
                TypeLayout layout = TypeLayout.Of(type);
                if (layout.Scalar is { } scalar) return new ScalarSymbol(LoadNumbers(memory, scalar, 1));
                CheckMemory(type);
                if (layout.IsVector)
                {
                    Instruction vector = LoadNumbers(memory, TypeLayout.Of(layout.Fields[0].FieldType).Scalar!.Value, layout.Fields.Length);
                    return new StructSymbol(type, [.. layout.Fields.Select((_, i) => new ScalarSymbol(builder.Append(new Instruction(Opcode.Extract, vector.Element.InRegister(), vector) { Index = i })))]);
                }
                return new StructSymbol(type, [.. layout.Fields.Select((field, i) => Load(memory with { Offset = memory.Offset + layout.Offsets[i] }, field.FieldType))]);
            default: throw new InvalidOperationException();
        }
    }

    private Instruction LoadNumbers(MemoryPlace place, ScalarType element, int width) => builder.Append(
        new Instruction(Opcode.Load, element.InRegister() with { Width = width }, place.Pointer) { Element = element, Width = width, Offset = place.Offset });

    private void Store(Place place, Type type, Symbol value)
    {
        switch (place)
        {
            case SlotPlace { Path: var path, Slot: var slot }: state.Slots[slot] = Changed(slot, path.Span, Coerce(value, type)); break;
            case ElementPlace { Path: var path } element:
                Slot elementSlot = ElementSlot(element);
                state.Slots[elementSlot] = Changed(elementSlot, path.Span, Coerce(value, type));
                break;
            case MemoryPlace memory:
                value = Coerce(value, type);
                TypeLayout layout = TypeLayout.Of(type);
                if (layout.Scalar is { } scalar)
                {
                    StoreNumbers(memory, scalar, ((ScalarSymbol)value).Value);
                    break;
                }
                Symbol[] fields = ((StructSymbol)value).Fields;
                CheckMemory(type);
                if (layout.IsVector) StoreNumbers(memory, TypeLayout.Of(layout.Fields[0].FieldType).Scalar!.Value, [.. fields.Select(field => ((ScalarSymbol)field).Value)]);
                else for (int i = 0; i < fields.Length; i++) Store(memory with { Offset = memory.Offset + layout.Offsets[i] }, layout.Fields[i].FieldType, fields[i]);
                break;
            default: throw new InvalidOperationException();
        }
    }

    private void StoreNumbers(MemoryPlace place, ScalarType element, params Value[] values) => builder.Append(
        new Instruction(Opcode.Store, IrType.Void, [place.Pointer, .. values]) { Element = element, Width = values.Length, Offset = place.Offset });

    private static Symbol Follow(Symbol symbol, ReadOnlySpan<int> path)
    {
        foreach (int index in path) symbol = ((StructSymbol)symbol).Fields[index];
        return symbol;
    }

    private Symbol Changed(Slot slot, ReadOnlySpan<int> path, Symbol value) =>
        path.IsEmpty ? Coerce(value, slot.Type) : With(state.Slots.TryGetValue(slot, out Symbol? whole) ? whole : Default(slot.Type), path, value);

    private static Symbol With(Symbol whole, ReadOnlySpan<int> path, Symbol value)
    {
        if (path.IsEmpty) return value;
        var parts = (StructSymbol)whole;
        Symbol[] fields = [.. parts.Fields];
        fields[path[0]] = With(fields[path[0]], path[1..], value);
        return parts with { Fields = fields };
    }

    private Slot ElementSlot(ElementPlace place)
    {
        if (place.Index is not Constant index) throw IndexIsNotKnown(place.Array, place.Index);
        if ((ulong)index.Bits >= (ulong)place.Array.Slots.Length)
        {
            throw Refuse($"index {index.Bits} lies outside an array of {place.Array.Slots.Length} elements", "Make the array longer or the loop shorter.");
        }
        return place.Array.Slots[index.Int32];
    }

    private void StackAllocate(int offset)
    {
        if (PopScalar() is not Constant bytes) throw Refuse("the length of a stackalloc is not known while compiling", "Use a constant, a static property of a type parameter, or a [Constant] parameter.");
        Push(new StackSymbol((int)bytes.Bits, new ArraySite(frame.Method.Method, offset)));
    }

    /// <summary>An array of the thread: registers, or memory if an earlier attempt met an index that is not known.</summary>
    private ViewSymbol ThreadArray(Type element, int length, ArraySite site, bool fromStack)
    {
        if (!decisions.InMemory.Contains(site))
        {
            var array = new RegisterArray(site, element, length);
            foreach (Slot slot in array.Slots) state.Slots[slot] = Default(element);
            if (fromStack) frame.StackArrays.Add(array);
            return new ViewSymbol(element, new ElementPlace(array, function.Int(0), default), function.Int(length));
        }
        int bytes = TypeLayout.Of(element).Bytes;
        function.Arrays.Add(new MemoryArray(AddressSpace.Local, bytes * length, $"a{function.Arrays.Count}"));
        Instruction pointer = builder.Append(new Instruction(Opcode.LocalArray, IrType.Pointer(AddressSpace.Local)) { Index = function.Arrays.Count - 1 });
        for (int i = 0; fromStack && frame.Method.Body.InitLocals && i < length; i++) Store(new MemoryPlace(pointer, i * bytes), element, Default(element));
        return new ViewSymbol(element, new MemoryPlace(pointer, 0), function.Int(length));
    }

    private ViewSymbol SharedArray(Type element, Value length)
    {
        if (length is not Constant known) throw Refuse("the length of shared memory is not known while compiling", "Use a constant, a static property of a type parameter, or a [Constant] parameter.");
        // The same place in the code is the same memory, however often a loop comes by.
        string key = $"{frame.Path}:{current.Offset:x}";
        if (!sharedArrays.TryGetValue(key, out int index))
        {
            sharedArrays[key] = index = function.Arrays.Count;
            function.Arrays.Add(new MemoryArray(AddressSpace.Shared, TypeLayout.Of(element).Bytes * known.Int32, $"s{index}"));
        }
        Value pointer = builder.Append(new Instruction(Opcode.SharedArray, IrType.Pointer(AddressSpace.Shared)) { Index = index });
        return new ViewSymbol(element, new MemoryPlace(pointer, 0), known);
    }

    /// <summary>A place some elements further.</summary>
    private Place Further(Place start, Value index, Type element)
    {
        if (start is ElementPlace place) return place with { Index = builder.Emit(Opcode.Add, IrType.I32, place.Index, builder.Number(index)) };
        if (start is not MemoryPlace memory) throw Refuse("it indexes a reference to a variable", "Use a view or a span over an array.");
        (Value pointer, int offset) = builder.Address(memory.Pointer, index, TypeLayout.Of(element).Bytes);
        return new MemoryPlace(pointer, memory.Offset + offset);
    }
}
