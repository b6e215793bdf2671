namespace Fovea.Ptx;

internal enum TokenKind
{
    /// <summary>A name with its dotted suffixes: an instruction, a register, a label.</summary>
    Word,

    /// <summary>A name that begins with a dot.</summary>
    Directive,
    Number,
    Text,
    Symbol,
    End,
}

internal readonly record struct Token(TokenKind Kind, string Text, int Line);

/// <summary>Cuts PTX text into tokens.</summary>
internal static class PtxLexer
{
    public static List<Token> Read(string text)
    {
        var tokens = new List<Token>();
        int at = 0, line = 1;
        while (at < text.Length)
        {
            char c = text[at];
            if (c == '\n')
                line++;
            if (char.IsWhiteSpace(c))
                at++;
            else if (Has(text, at, "//"))
                at = End(text, at, "\n", line);
            else if (Has(text, at, "/*"))
            {
                int end = End(text, at + 2, "*/", line) + 2;
                line += text.AsSpan(at, end - at).Count('\n');
                at = end;
            }
            else
            {
                Token token = Next(text, at, line);
                tokens.Add(token);
                at += token.Text.Length;
            }
        }
        tokens.Add(new Token(TokenKind.End, "end of text", line));
        return tokens;
    }

    private static Token Next(string text, int start, int line)
    {
        char c = text[start];
        int at = start + 1;
        if (char.IsAsciiDigit(c))
        {
            while (at < text.Length && (char.IsAsciiLetterOrDigit(text[at]) || text[at] == '.'
                || text[at] is '+' or '-' && IsExponent(text, start, at)))
                at++;
            return new Token(TokenKind.Number, text[start..at], line);
        }
        if (c == '"')
            return new Token(TokenKind.Text, text[start..(End(text, at, "\"", line) + 1)], line);
        if (IsNameStart(c) || c == '.' && at < text.Length && IsNameStart(text[at]))
        {
            while (at < text.Length && (IsNamePart(text[at]) || IsInner(text, at, '.')
                || Has(text, at, "::") && IsInner(text, at + 1, ':')))
                at += text[at] == ':' ? 2 : 1;
            return new Token(c == '.' ? TokenKind.Directive : TokenKind.Word, text[start..at], line);
        }
        if ("{}()[]<>,;:+-@!|=".Contains(c))
            return new Token(TokenKind.Symbol, text[start..at], line);
        throw new PtxException(PtxError.Syntax, $"'{c}' has no meaning here", line: line);
    }

    private static bool IsNameStart(char c) => char.IsAsciiLetter(c) || c is '_' or '$' or '%';

    private static bool IsNamePart(char c) => char.IsAsciiLetterOrDigit(c) || c is '_' or '$';

    private static bool IsInner(string text, int at, char c) => text[at] == c && at + 1 < text.Length && IsNamePart(text[at + 1]);

    private static bool IsExponent(string text, int start, int at) =>
        text[at - 1] is 'e' or 'E' && text.AsSpan(start, at - start).Contains('.');

    private static bool Has(string text, int at, string what) => text.AsSpan(at).StartsWith(what, StringComparison.Ordinal);

    private static int End(string text, int at, string what, int line)
    {
        int end = text.IndexOf(what, at, StringComparison.Ordinal);
        if (end < 0 && what == "\n")
            return text.Length;
        return end >= 0 ? end : throw new PtxException(PtxError.Syntax, $"'{what}' is missing", line: line);
    }
}
