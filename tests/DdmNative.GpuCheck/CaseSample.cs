using System.Globalization;
using System.Reflection;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace DdmNative.GpuCheck;

/// <summary>
/// Every N-th case of a method. xunit finds a theory whose data it cannot write down (records, say) as one case for all its lines; those
/// are parted here.
/// </summary>
internal static class CaseSample
{
    /// <summary>The first of each N cases of each method; all of them, as they are, for 1.</summary>
    public static ITestCase[] Take(IEnumerable<ITestCase> cases, int every)
        => every == 1
            ? [.. cases]
            :
            [
                .. cases.GroupBy(one => TestAssembly.NameOf(one.TestMethod))
                    .SelectMany(method => method.SelectMany(Part).Where((_, i) => i % every == 0)),
            ];

    private static IEnumerable<ITestCase> Part(ITestCase one)
    {
        if (one is not SkippableTheoryTestCase)
            return [one];
        MethodInfo method = ((IReflectionMethodInfo)one.TestMethod.Method).MethodInfo;
        IEnumerable<object[]> lines = method.GetCustomAttributes<DataAttribute>().SelectMany(source => source.GetData(method));
        return lines.Select((line, i) => new Line(one.TestMethod, line, i));
    }

    /// <summary>A line of data as a case. Its number tells it from the others, where xunit would write its values down.</summary>
    private sealed class Line : SkippableFactTestCase
    {
        private readonly int _number;

        public Line(ITestMethod method, object[] arguments, int number)
            : base(
                [typeof(Xunit.SkipException).FullName!], new MessageSink(_ => { }), TestMethodDisplay.ClassAndMethod,
                TestMethodDisplayOptions.None, method, arguments)
            => _number = number;

        [Obsolete("xunit asks for it in every case, to read one that was written down; these are not.")]
        public Line()
        {
        }

        protected override string GetUniqueID()
            => string.Create(CultureInfo.InvariantCulture, $"{TestAssembly.NameOf(TestMethod)} {_number}");
    }
}
