namespace Fovea.Graph;

/// <summary>That a part of a network has added itself to a graph, for summaries.</summary>
/// <param name="Path">Its path, such as <c>features.3</c>.</param>
/// <param name="Owner">What has added itself.</param>
/// <param name="Output">What it gave.</param>
internal sealed record GraphSection(string Path, object Owner, Value Output);
