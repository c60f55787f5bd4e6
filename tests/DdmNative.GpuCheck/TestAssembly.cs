using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DdmNative.GpuCheck;

/// <summary>The tests of an assembly, found and run in this process.</summary>
internal sealed class TestAssembly : IDisposable
{
    private readonly Assembly _assembly;
    private readonly XunitTestFramework _framework = new(new MessageSink(_ => { }));
    private readonly FrameworkOptions _options = new();

    public TestAssembly(string name)
    {
        _assembly = Assembly.Load(name);
        // Each line of data is a case of its own; test classes run beside each other.
        _options.SetValue<bool?>("xunit.discovery.PreEnumerateTheories", true);
        _options.SetValue<int?>("xunit.execution.MaxParallelThreads", Environment.ProcessorCount);
    }

    /// <summary>A case's class and method.</summary>
    public static string NameOf(ITestMethod method) => method.TestClass.Class.Name + "." + method.Method.Name;

    /// <summary>All cases.</summary>
    public IReadOnlyList<ITestCase> Find()
    {
        var cases = new List<ITestCase>();
        using var found = new ManualResetEventSlim();
        using ITestFrameworkDiscoverer discoverer = _framework.GetDiscoverer(Reflector.Wrap(_assembly));
        discoverer.Find(includeSourceInformation: false, new MessageSink(message =>
        {
            if (message is ITestCaseDiscoveryMessage one)
                cases.Add(one.TestCase);
            else if (message is IDiscoveryCompleteMessage)
                found.Set();
        }), _options);
        found.Wait();
        return cases;
    }

    /// <summary>Runs the cases; false where the time was over before they were.</summary>
    public bool Run(IEnumerable<ITestCase> cases, TestResults results, TimeSpan limit)
    {
        var done = new ManualResetEventSlim();
        // Neither is disposed when the time is over: tests that still run report to them.
        ITestFrameworkExecutor executor = _framework.GetExecutor(_assembly.GetName());
        executor.RunTests(cases, new MessageSink(message =>
        {
            results.Add(message);
            if (message is ITestAssemblyFinished)
                done.Set();
        }), _options);
        return done.Wait(limit);
    }

    public void Dispose() => _framework.Dispose();
}
