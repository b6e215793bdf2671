using System.Globalization;

namespace Fovea.Ptx;

/// <summary>Reads modules: declarations here, statements and operands in the other part.</summary>
internal sealed partial class PtxParser(string text)
{
    private readonly List<Token> tokens = PtxLexer.Read(text);
    private readonly string[] source = text.Split('\n');
    private readonly List<PtxArray> moduleArrays = [];
    private int at;
    private readonly Dictionary<string, PtxFunction?> functions = [];
    private string? kernel;
    private string version = "", target = "";

    private Token Current => tokens[at];

    public PtxModule ReadModule()
    {
        var entries = new Dictionary<string, (PtxEntry Entry, PtxFunction Body)>();
        while (Current.Kind != TokenKind.End)
        {
            Token directive = Take();
            if (directive.Kind != TokenKind.Directive)
                throw Error(PtxError.Syntax, $"a directive is expected, not '{directive.Text}'", directive);
            if (version.Length == 0 && directive.Text != ".version"
                || target.Length == 0 && directive.Text is not (".version" or ".target"))
                throw Error(PtxError.Syntax, "a module begins with .version and .target", directive);
            switch (directive.Text)
            {
                case ".version":
                    version = Take(TokenKind.Number).Text;
                    break;
                case ".target":
                    target = Take(TokenKind.Word).Text;
                    while (Accept(","))
                        Take(TokenKind.Word);
                    break;
                case ".address_size":
                    if (Take(TokenKind.Number).Text != "64")
                        throw Error(PtxError.Syntax, "addresses have 64 bits here", directive);
                    break;
                case ".visible" or ".weak":
                case ".extern" when Current.Text == ".func":
                    break;
                case ".func":
                    ReadFunction();
                    break;
                case ".section":
                    SkipPast("{");
                    SkipPast("}");
                    break;
                case ".file" or ".loc":
                    SkipLine(directive.Line);
                    break;
                case ".pragma":
                    SkipPast(";");
                    break;
                case ".extern" or ".shared":
                    bool isExtern = directive.Text == ".extern";
                    if (isExtern)
                        Expect(".shared");
                    ReadArray(moduleArrays, shared: true, isExtern);
                    break;
                case ".entry":
                    (PtxEntry Entry, PtxFunction Body) read = ReadEntry();
                    if (!entries.TryAdd(read.Entry.Name, read))
                        throw Error(PtxError.Syntax, $"entry '{read.Entry.Name}' is declared twice", directive);
                    break;
                default:
                    throw Error(PtxError.Syntax, $"'{directive.Text}' is not supported here", directive);
            }
        }
        // Functions may stand behind the entries that call them.
        foreach ((PtxEntry entry, PtxFunction body) in entries.Values)
            entry.Code = new Decoder(entry, body, functions, moduleArrays).Decode();
        return new PtxModule { Version = version, Target = target, Entries = entries.ToDictionary(e => e.Key, e => e.Value.Entry) };
    }

    private List<PtxParameter> ReadParameters(out int bytes)
    {
        var parameters = new List<PtxParameter>();
        bytes = 0;
        if (!Accept("(") || Accept(")"))
            return parameters;
        do
            parameters.Add(ReadParameter(ref bytes));
        while (Accept(","));
        Expect(")");
        return parameters;
    }

    private void ReadFunction()
    {
        List<PtxParameter> results = ReadParameters(out _);
        Token name = Take(TokenKind.Word);
        List<PtxParameter> parameters = ReadParameters(out _);
        if (Accept(";"))
        {
            functions.TryAdd(name.Text, null);
            return;
        }
        if (functions.GetValueOrDefault(name.Text) is not null)
            throw Error(PtxError.Syntax, $"function '{name.Text}' is declared twice", name);
        kernel = name.Text;
        function = new PtxFunction(name.Text) { Parameters = parameters, Results = results };
        function.Variables.AddRange([.. results, .. parameters]);
        functions[name.Text] = function;
        Expect("{");
        ReadBlock(function.Variables);
        kernel = null;
    }

    private (PtxEntry Entry, PtxFunction Body) ReadEntry()
    {
        kernel = Take(TokenKind.Word).Text;
        List<PtxParameter> parameters = ReadParameters(out int parameterBytes);
        Dim? required = null;
        int maxThreads = 1024;
        while (Current.Kind == TokenKind.Directive)
        {
            Token directive = Take();
            if (directive.Text is ".reqntid" or ".maxntid")
            {
                int x = ReadCount(), y = Accept(",") ? ReadCount() : 1, z = Accept(",") ? ReadCount() : 1;
                maxThreads = x * y * z;
                if (directive.Text == ".reqntid")
                    required = new Dim(x, y, z);
            }
            else if (directive.Text is ".minnctapersm" or ".maxnreg" or ".maxnctapersm")
                ReadCount();
            else if (directive.Text == ".pragma")
                SkipPast(";");
            else
                throw Error(PtxError.Syntax, $"'{directive.Text}' is not supported here", directive);
        }

        function = new PtxFunction(kernel);
        Expect("{");
        ReadBlock([]);

        var entry = new PtxEntry
        {
            Name = kernel,
            Parameters = parameters,
            ParameterBytes = parameterBytes,
            RequiredGroup = required,
            MaxThreads = maxThreads,
            Sm = int.TryParse(target.AsSpan(target.IndexOf('_') + 1).TrimEnd('a'), CultureInfo.InvariantCulture, out int sm) ? sm : 0,
            Version = Version.TryParse(version, out Version? parsed) ? parsed : new Version(0, 0),
            Source = source,
        };
        kernel = null;
        return (entry, function);
    }

    private PtxParameter ReadParameter(ref int offset)
    {
        Expect(".param");
        return ReadVariable(ref offset);
    }

    private PtxParameter ReadVariable(ref int offset)
    {
        PtxType? type = null;
        int alignment = 0;
        bool pointer = false;
        while (Current.Kind == TokenKind.Directive)
        {
            Token token = Take();
            if (token.Text == ".ptr")
                pointer = true;
            else if (token.Text == ".align")
            {
                int stated = ReadCount();
                alignment = pointer ? alignment : stated;
            }
            else if (PtxType.TryParse(token.Text.AsSpan(1), out PtxType parsed))
                type = parsed;
            else if (!(pointer && token.Text is ".global" or ".shared" or ".local" or ".const"))
                throw Error(PtxError.Syntax, $"'{token.Text}' is not supported in a parameter", token);
        }
        Token name = Take(TokenKind.Word);
        if (type is not { Kind: not 'p' } known)
            throw Error(PtxError.Syntax, $"parameter '{name.Text}' has no type", name);
        int size = known.Bytes;
        if (Accept("["))
        {
            size *= ReadCount();
            Expect("]");
        }
        alignment = Math.Max(alignment, known.Bytes);
        int start = Align(offset, alignment);
        offset = start + size;
        return new PtxParameter(name.Text, known, start, size, alignment);
    }

    private void ReadArray(List<PtxArray> into, bool shared, bool isExtern)
    {
        int alignment = 0;
        PtxType? type = null;
        while (Current.Kind == TokenKind.Directive)
        {
            Token token = Take();
            if (token.Text == ".align")
                alignment = ReadCount();
            else if (PtxType.TryParse(token.Text.AsSpan(1), out PtxType parsed))
                type = parsed;
            else
                throw Error(PtxError.Syntax, $"'{token.Text}' is not supported in a variable", token);
        }
        Token name = Take(TokenKind.Word);
        if (type is not { Kind: not 'p' } known)
            throw Error(PtxError.Syntax, $"variable '{name.Text}' has no type", name);
        int size = known.Bytes;
        while (Accept("["))
        {
            if (Accept("]"))
                size = 0;
            else
            {
                size *= ReadCount();
                Expect("]");
            }
        }
        Expect(";");
        if (size == 0 != isExtern)
            throw Error(PtxError.Syntax, $"'{name.Text}' needs a size, or .extern", name);
        if (into.Any(a => a.Name == name.Text))
            throw Error(PtxError.Syntax, $"'{name.Text}' is declared twice", name);
        if (alignment != 0 && !int.IsPow2(alignment))
            throw Error(PtxError.Syntax, $"alignment {alignment} is no power of two", name);
        into.Add(new PtxArray(name.Text, shared, size, Math.Max(alignment, known.Bytes), isExtern));
    }

    internal static int Align(int offset, int alignment) => (offset + alignment - 1) & -alignment;

    private Token Take() => tokens[Current.Kind == TokenKind.End ? at : at++];

    private Token Take(TokenKind kind)
    {
        Token token = Take();
        return token.Kind == kind
            ? token : throw Error(PtxError.Syntax, $"a {kind.ToString().ToLowerInvariant()} is expected, not '{token.Text}'", token);
    }

    private bool Accept(string symbol)
    {
        if (Current.Text != symbol || Current.Kind == TokenKind.Text)
            return false;
        at++;
        return true;
    }

    private void Expect(string symbol)
    {
        if (!Accept(symbol))
            throw Error(PtxError.Syntax, $"'{symbol}' is expected, not '{Current.Text}'", Current);
    }

    private int ReadCount()
    {
        Token token = Take(TokenKind.Number);
        return int.TryParse(token.Text, CultureInfo.InvariantCulture, out int value)
            ? value : throw Error(PtxError.Syntax, $"'{token.Text}' is no count", token);
    }

    private void SkipLine(int line)
    {
        while (Current.Line == line && Current.Kind != TokenKind.End)
            at++;
    }

    private void SkipPast(string symbol)
    {
        while (!Accept(symbol))
            if (Take().Kind == TokenKind.End)
                throw Error(PtxError.Syntax, $"'{symbol}' is missing", Current);
    }

    private PtxException Error(PtxError error, string what, Token where) =>
        new(error, what, kernel, where.Line, where.Line <= source.Length ? source[where.Line - 1].Trim() : null);
}
