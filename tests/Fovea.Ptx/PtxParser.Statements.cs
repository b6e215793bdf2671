using System.Globalization;

namespace Fovea.Ptx;

internal sealed partial class PtxParser
{
    private readonly List<Scope> scopes = [];
    private PtxFunction function = new("");
    private int scopeCount;

    /// <summary>
    /// What one pair of braces declares: registers by single names and families such as %r&lt;8&gt;, and variables of calls.
    /// </summary>
    private sealed record Scope(int Number, Dictionary<string, PtxType> Names, Dictionary<string, (PtxType Type, int Count)> Families,
        HashSet<string> Variables);

    private void ReadBlock(IEnumerable<PtxParameter> variables)
    {
        scopes.Add(new Scope(scopeCount++, [], [], [.. variables.Select(v => v.Name)]));
        while (!Accept("}"))
            ReadStatement();
        scopes.RemoveAt(scopes.Count - 1);
    }

    private void ReadStatement()
    {
        Token token = Current;
        if (Accept("{"))
            ReadBlock([]);
        else if (token.Kind == TokenKind.Directive)
            ReadDeclaration(Take());
        else if (token.Kind == TokenKind.Word && tokens[at + 1].Text == ":")
        {
            at += 2;
            bool table = Accept(".branchtargets");
            if (table ? !function.Tables.TryAdd(token.Text, ReadLabels())
                : !function.Labels.TryAdd(token.Text, function.Instructions.Count))
                throw Error(PtxError.Syntax, $"label '{token.Text}' stands twice", token);
        }
        else
            ReadInstruction();
    }

    private List<string> ReadLabels()
    {
        var labels = new List<string>();
        do
            labels.Add(Take(TokenKind.Word).Text);
        while (Accept(","));
        Expect(";");
        return labels;
    }

    private void ReadDeclaration(Token directive)
    {
        switch (directive.Text)
        {
            case ".reg":
                Token type = Take(TokenKind.Directive);
                if (!PtxType.TryParse(type.Text.AsSpan(1), out PtxType register) || register.Bits == 8)
                    throw Error(PtxError.Syntax, $"'{type.Text}' is no type of a register", type);
                do
                    DeclareRegister(register);
                while (Accept(","));
                Expect(";");
                break;
            case ".shared":
            case ".local":
                ReadArray(function.Arrays, directive.Text == ".shared", isExtern: false);
                break;
            case ".param":
                int unused = 0;
                PtxParameter variable = ReadVariable(ref unused);
                Expect(";");
                if (!scopes[^1].Variables.Add(variable.Name))
                    throw Error(PtxError.Syntax, $"'{variable.Name}' is declared twice", directive);
                function.Variables.Add(variable with { Name = Unique(variable.Name, scopes.Count - 1) });
                break;
            case ".loc" or ".file":
                SkipLine(directive.Line);
                break;
            case ".pragma":
                SkipPast(";");
                break;
            default:
                throw Error(PtxError.Syntax, $"'{directive.Text}' is not supported here", directive);
        }
    }

    private void DeclareRegister(PtxType type)
    {
        Token name = Take(TokenKind.Word);
        bool added;
        if (Accept("<"))
        {
            added = scopes[^1].Families.TryAdd(name.Text, (type, ReadCount()));
            Expect(">");
        }
        else
            added = scopes[^1].Names.TryAdd(name.Text, type);
        if (!added || SpecialRegisters.IsKnown(name.Text))
            throw Error(PtxError.Syntax, $"register '{name.Text}' is declared twice", name);
    }

    private Operand.Register? FindRegister(string name)
    {
        string prefix = name.TrimEnd('0', '1', '2', '3', '4', '5', '6', '7', '8', '9');
        for (int i = scopes.Count - 1; i >= 0; i--)
        {
            Scope scope = scopes[i];
            string unique = Unique(name, i);
            if (scope.Names.TryGetValue(name, out PtxType type))
                return new Operand.Register(unique, type);
            if (prefix.Length < name.Length && scope.Families.TryGetValue(prefix, out (PtxType Type, int Count) family)
                && int.TryParse(name.AsSpan(prefix.Length), CultureInfo.InvariantCulture, out int number) && number < family.Count)
                return new Operand.Register(unique, family.Type);
        }
        return null;
    }

    private string Unique(string name, int scope) => scope == 0 ? name : $"{name}#{scopes[scope].Number}";

    private string FindVariable(string name)
    {
        int scope = scopes.FindLastIndex(s => s.Variables.Contains(name));
        return scope < 0 ? name : Unique(name, scope);
    }

    private void ReadInstruction()
    {
        Operand.Register? guard = null;
        bool negated = false;
        if (Accept("@"))
        {
            negated = Accept("!");
            Token name = Take(TokenKind.Word);
            guard = FindRegister(name.Text) ?? throw Error(PtxError.Undeclared, $"register '{name.Text}' is not declared", name);
            if (guard.Type != PtxType.Predicate)
                throw Error(PtxError.TypeMismatch, $"the guard '{name.Text}' is {guard.Type}, not .pred", name);
        }
        Token mnemonic = Take(TokenKind.Word);
        var operands = new List<Operand>();
        if (!Accept(";"))
        {
            do
                operands.Add(ReadOperand());
            while (Accept(","));
            Expect(";");
        }
        function.Instructions.Add(new PtxInstruction(mnemonic.Text, guard, negated, operands, mnemonic.Line));
    }

    private Operand ReadOperand()
    {
        if (Accept("{"))
        {
            var parts = new List<Operand>();
            do
                parts.Add(ReadOperand());
            while (Accept(","));
            Expect("}");
            return new Operand.Vector(parts);
        }
        if (Accept("("))
        {
            var parts = new List<Operand>();
            while (!Accept(")"))
            {
                if (parts.Count > 0)
                    Expect(",");
                parts.Add(ReadOperand());
            }
            return new Operand.Group(parts);
        }
        if (Accept("["))
        {
            Operand start = ReadOperand();
            long offset = 0;
            if (Accept("+"))
            {
                bool minus = Accept("-");
                Token number = Take(TokenKind.Number);
                offset = (long)(Number(number) is { Kind: 'i' } value
                    ? value.Bits : throw Error(PtxError.Syntax, "an offset is a whole number", number));
                offset = minus ? -offset : offset;
            }
            Expect("]");
            return new Operand.Address(start, offset);
        }
        if (Accept("!"))
            return new Operand.Not(ReadOperand());
        if (Accept("-"))
        {
            Operand.Immediate positive = Number(Take(TokenKind.Number));
            return positive.Kind == 'i' ? positive with { Bits = 0 - positive.Bits }
                : positive with { Bits = positive.Bits ^ 1UL << (positive.Kind == 'f' ? 31 : 63) };
        }
        if (Current.Kind == TokenKind.Number)
            return Number(Take());

        Token name = Take(TokenKind.Word);
        Operand operand = FindRegister(name.Text) is { } register ? register
            : SpecialRegisters.IsKnown(name.Text) ? new Operand.Special(name.Text)
            : name.Text == "WARP_SZ" ? new Operand.Immediate(32, 'i')
            : name.Text[0] == '%' ? throw Error(PtxError.Undeclared, $"register '{name.Text}' is not declared", name)
            : new Operand.Symbol(FindVariable(name.Text));
        return Accept("|") ? new Operand.Pair(operand, ReadOperand()) : operand;
    }

    /// <summary>A number; kind i is whole, f are the bits of a float, d those of a double.</summary>
    private Operand.Immediate Number(Token token)
    {
        string digits = token.Text;
        NumberStyles hex = NumberStyles.AllowHexSpecifier;
        CultureInfo culture = CultureInfo.InvariantCulture;
        ulong value;
        if (digits.Length == 10 && digits[..2] is "0f" or "0F" && uint.TryParse(digits.AsSpan(2), hex, culture, out uint single))
            return new Operand.Immediate(single, 'f');
        if (digits.Length == 18 && digits[..2] is "0d" or "0D" && ulong.TryParse(digits.AsSpan(2), hex, culture, out value))
            return new Operand.Immediate(value, 'd');
        string whole = digits.TrimEnd('U');
        if (whole.StartsWith("0x", StringComparison.OrdinalIgnoreCase) ? ulong.TryParse(whole.AsSpan(2), hex, culture, out value)
            : whole.StartsWith("0b", StringComparison.OrdinalIgnoreCase)
                ? ulong.TryParse(whole.AsSpan(2), NumberStyles.AllowBinarySpecifier, culture, out value)
            : (whole.Length == 1 || whole[0] != '0') & ulong.TryParse(whole, NumberStyles.None, culture, out value))
            return new Operand.Immediate(value, 'i');
        if (digits.Contains('.') && double.TryParse(digits, NumberStyles.Float, culture, out double real))
            return new Operand.Immediate(BitConverter.DoubleToUInt64Bits(real), 'd');
        throw Error(PtxError.Syntax, $"'{digits}' is no number", token);
    }
}
