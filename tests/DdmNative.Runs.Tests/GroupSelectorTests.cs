using DdmNative.Attribution.Formats;
using DdmNative.Runs.Jobs;
using Xunit;

namespace DdmNative.Runs.Tests;

public sealed class GroupSelectorTests
{
    private static readonly int[] Classes = [0, 0, 1, 1, 3, 3], Clusters = [0, 1, 0, 1, 0, 1];
    private static readonly string[] Names = ["ann", "bob", "ann", "cy=d", "bob", "eve"];

    [Theory]
    [InlineData("class=3,cluster=1", 5)]
    [InlineData("class=1", 2, 3)]
    [InlineData("cluster=0", 0, 2, 4)]
    [InlineData("class=0,3,cluster=1", 1, 5)]
    [InlineData("group=4,2", 2, 4)]
    [InlineData(" class = 01 , cluster = 1 ", 3)]
    [InlineData("name=ann", 0, 2)]
    [InlineData("name=ann,eve,class=0", 0)]
    public void A_selector_names_all_groups_that_it_fits(string text, params int[] groups)
        => Assert.Equal(groups, GroupSelector.Resolve(new JobUnlearning { Forget = [text] }, Classes, Clusters, Names));

    [Theory]
    [InlineData("class=dog", 2, 3)]
    [InlineData("class=cat,dog,cluster=1", 1, 3)]
    [InlineData("class=1", 2, 3)]
    [InlineData("class=a=b", 4, 5)]
    public void A_class_may_be_called_by_its_name(string text, params int[] groups)
        => Assert.Equal(groups,
            GroupSelector.Resolve(new JobUnlearning { Forget = [text] }, Classes, Clusters, null, ["cat", "dog", "eel", "a=b"]));

    [Fact]
    public void A_mistyped_class_is_answered_with_the_names()
    {
        string message = Assert.Throws<BadInputException>(() => GroupSelector.Resolve(new JobUnlearning { Forget = ["class=dgo"] },
            Classes, Clusters, null, ["cat", "dog", "eel", "fox"])).Message;
        Assert.Contains("classes 0 (cat), 1 (dog), 3 (fox)", message, StringComparison.Ordinal);
        Assert.Contains("Did you mean class=dog?", message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_number_that_is_the_name_of_another_class_is_refused()
    {
        string[] shifted = ["1", "2", "3", "4"];
        Assert.Contains("the name of class 0 and the number of '2'", Assert.Throws<BadInputException>(
            () => GroupSelector.Resolve(new JobUnlearning { Forget = ["class=1"] }, Classes, Clusters, null, shifted)).Message,
            StringComparison.Ordinal);
        Assert.Equal([4, 5], GroupSelector.Resolve(new JobUnlearning { Forget = ["class=4"] }, Classes, Clusters, null, shifted));
    }

    [Fact]
    public void Several_selectors_and_numbers_name_more_groups()
        => Assert.Equal([0, 2, 3, 5],
            GroupSelector.Resolve(new JobUnlearning { Groups = [5, 0], Forget = ["class=1", "class=1,cluster=0"] }, Classes, Clusters,
            null));

    [Theory]
    [InlineData("class=2", "classes 0, 1, 3")]
    [InlineData("class=0,cluster=2", "clusters 0 to 1")]
    [InlineData("name=ann", "groups 0 to 5")]
    public void What_fits_nothing_is_refused_with_what_there_is(string text, string says)
        => Assert.Contains(says,
            Assert.Throws<BadInputException>(
            () => GroupSelector.Resolve(new JobUnlearning { Forget = [text] }, Classes, Clusters, null)).Message, StringComparison.Ordinal);

    [Fact]
    public void Unknown_names_are_answered_with_the_known_ones()
        => Assert.Contains("ann, bob, cy=d, eve",
            Assert.Throws<BadInputException>(
            () => GroupSelector.Resolve(new JobUnlearning { Forget = ["name=zoe"] }, Classes, Clusters, Names)).Message,
            StringComparison.Ordinal);

    [Fact]
    public void Not_everything_can_be_forgotten()
        => Assert.Contains("all 6 groups",
            Assert.Throws<BadInputException>(
            () => GroupSelector.Resolve(new JobUnlearning { Forget = ["class=0,1", "class=3"] }, Classes, Clusters, null)).Message,
            StringComparison.Ordinal);

    [Theory]
    [InlineData("")]
    [InlineData("3")]
    [InlineData("class=")]
    [InlineData("cluster=three")]
    [InlineData("group=-1")]
    [InlineData("colour=red")]
    [InlineData("class=1,class=2")]
    [InlineData("class=1,,2")]
    public void What_is_no_selector_is_said_with_an_example(string text)
    => Assert.Contains("class=3,cluster=2", GroupSelector.Fault(text), StringComparison.Ordinal);
}
