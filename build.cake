// dotnet tool restore, then: dotnet cake [--target=Test]

const string Solution = "Engine.sln";
const string Configuration = "Release";
const string Packages = "artifacts/packages";

Task("Clean").Does(() =>
{
    DotNetClean(Solution, new DotNetCleanSettings { Configuration = Configuration, Verbosity = DotNetVerbosity.Quiet });
    CleanDirectory("artifacts");
});

Task("Restore").Does(() => DotNetRestore(Solution));

Task("Format").IsDependentOn("Restore").Does(() =>
    DotNetFormat(Solution, new DotNetFormatSettings { NoRestore = true, VerifyNoChanges = true }));

Task("Build").IsDependentOn("Restore").Does(() =>
    DotNetBuild(Solution, new DotNetBuildSettings { Configuration = Configuration, NoRestore = true }));

Task("Test").IsDependentOn("Build").Does(() =>
    DotNetTest(Solution, new DotNetTestSettings { Configuration = Configuration, NoBuild = true }));

Task("Pack").IsDependentOn("Build").Does(() =>
{
    CleanDirectory(Packages);
    DotNetPack(Solution, new DotNetPackSettings { Configuration = Configuration, NoBuild = true, OutputDirectory = Packages });
});

Task("Default").IsDependentOn("Build").IsDependentOn("Test").IsDependentOn("Pack");

RunTarget(Argument("target", "Default"));
