using System.Reflection;
using System.Xml.Linq;
using NUnit.Framework.Api;
using NUnit.Framework.Interfaces;
using NUnit.Framework.Internal;

// Runs tests of this assembly by their full names in this process, without the test platform and what it writes itself. The exit code is 0
// if at least one ran and all passed.
var runner = new NUnitTestAssemblyRunner(new DefaultTestAssemblyBuilder());
runner.Load(Assembly.GetExecutingAssembly(), new Dictionary<string, object>());
var names = new XElement("filter", new XElement("or", args.Select(name => new XElement("test", name))));
ITestResult result = runner.Run(TestListener.NULL, TestFilter.FromXml(names.ToString()));
Console.WriteLine(result.ToXml(recursive: true).OuterXml);
return result.PassCount == args.Length && result.FailCount == 0 ? 0 : 1;
