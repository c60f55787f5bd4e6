using DdmNative.CudaEmulator.Checks;
using Xunit;

namespace DdmNative.CudaEmulator.Tests.Checks;

public class SharedMemoryRaceDetectorTests
{
    private const uint AllLanes = uint.MaxValue;

    [Fact]
    public void A_write_a_barrier_and_a_read_by_another_warp_are_no_race()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        Assert.True(detector.Write(1, 1, AllLanes, Row(128), 4));
        Barrier(detector, 0b11);
        Assert.True(detector.Read(2, 0, AllLanes, Row(128), 4));
        Assert.True(detector.Read(2, 1, AllLanes, Row(0), 4));
        Barrier(detector, 0b11);
        Assert.True(detector.Write(1, 0, AllLanes, Row(128), 4));
    }

    [Fact]
    public void A_read_after_a_write_by_another_warp_without_a_barrier_is_a_race_that_names_the_writer()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        Assert.False(detector.Read(2, 1, 1u << 5, Row(0), 4));
        Assert.Equal(new SharedViolation(FaultKind.SharedReadWriteRace, 5, 20, FaultAccess.Write, OtherThread: 5, OtherSite: 1),
            detector.Violation);
    }

    [Fact]
    public void A_write_after_a_read_by_another_warp_without_a_barrier_is_a_race_that_names_the_reader()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        Barrier(detector, 0b11);
        Assert.True(detector.Read(2, 1, AllLanes, Row(0), 4));
        Assert.False(detector.Write(3, 0, 1u << 7, Row(0), 4));
        Assert.Equal(new SharedViolation(FaultKind.SharedReadWriteRace, 7, 28, FaultAccess.Read, OtherThread: 32 + 7, OtherSite: 2),
            detector.Violation);
    }

    [Fact]
    public void A_reader_is_found_even_if_another_one_read_later()
    {
        SharedMemoryRaceDetector detector = Block(warps: 3);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        Barrier(detector, 0b111);
        Assert.True(detector.Read(2, 1, AllLanes, Row(0), 4));
        Assert.True(detector.Read(2, 2, AllLanes, Row(0), 4));
        Assert.False(detector.Write(3, 2, AllLanes, Row(0), 4));
        Assert.Equal(FaultKind.SharedReadWriteRace, detector.Violation.Kind);
    }

    [Fact]
    public void Two_warps_that_write_one_location_race_but_lanes_of_one_instruction_do_not()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, AllLanes, Same(64), 4));
        Assert.False(detector.Write(1, 1, AllLanes, Same(64), 4));
        Assert.Equal((FaultKind.SharedWriteWriteRace, 0, 64ul),
            (detector.Violation.Kind, detector.Violation.Lane, detector.Violation.Address));
    }

    [Fact]
    public void A_race_that_changes_nothing_can_be_ignored()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, 1, Same(64), 4));
        Assert.False(detector.Write(1, 1, 1, Same(64), 4));
        detector.Overwrite(1, 1, 0, 64, 4);
        Assert.True(detector.Read(2, 1, 1, Same(64), 4));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Lanes_of_one_warp_need_a_warp_barrier_if_that_is_checked(bool synchronise)
    {
        ulong[] reversed = [.. Row(0).Reverse()];
        SharedMemoryRaceDetector strict = Block(warps: 1), lenient = Block(warps: 1, FaultChecks.All & ~FaultChecks.WarpRaces);
        foreach (SharedMemoryRaceDetector detector in new[] { strict, lenient })
        {
            Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
            if (synchronise)
                detector.Clock.SynchroniseWarp(0);
            Assert.Equal(synchronise || detector == lenient, detector.Read(2, 0, AllLanes, reversed, 4));
        }
    }

    [Fact]
    public void A_warp_barrier_does_not_order_two_warps()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        detector.Clock.SynchroniseWarp(0);
        detector.Clock.SynchroniseWarp(1);
        Assert.False(detector.Read(2, 1, AllLanes, Row(0), 4));
    }

    [Fact]
    public void A_named_barrier_orders_only_the_warps_that_take_part()
    {
        SharedMemoryRaceDetector detector = Block(warps: 3);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        Barrier(detector, 0b011, barrier: 3);
        Assert.True(detector.Read(2, 1, AllLanes, Row(0), 4));
        Assert.False(detector.Read(2, 2, AllLanes, Row(0), 4));
    }

    [Fact]
    public void Order_is_transitive_over_barriers()
    {
        SharedMemoryRaceDetector detector = Block(warps: 3);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        Barrier(detector, 0b011, barrier: 1);
        Barrier(detector, 0b110, barrier: 2);
        Assert.True(detector.Read(2, 2, AllLanes, Row(0), 4));
    }

    [Fact]
    public void A_write_after_arriving_at_a_barrier_is_not_ordered_by_that_barrier()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        detector.Clock.Arrive(1, 0);
        Assert.True(detector.Write(2, 0, AllLanes, Row(128), 4));
        detector.Clock.Arrive(1, 1);
        detector.Clock.Release(1, waiting: 0b10);
        Assert.True(detector.Read(3, 1, AllLanes, Row(0), 4));
        Assert.False(detector.Read(3, 1, AllLanes, Row(128), 4));
    }

    [Fact]
    public void Atomic_accesses_race_with_plain_ones_but_not_with_each_other()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        Assert.True(detector.Write(1, 0, 1, Row(0), 4));
        Barrier(detector, 0b11);
        Assert.True(detector.Update(2, 0, AllLanes, Same(0), 4));
        Assert.True(detector.Update(2, 1, AllLanes, Same(0), 4));
        Assert.True(detector.ReadStrongly(3, 0, 1, Same(0), 4));
        Assert.False(detector.Read(4, 0, 1, Same(0), 4));
        Assert.Equal((FaultKind.SharedReadWriteRace, FaultAccess.Atomic), (detector.Violation.Kind, detector.Violation.OtherAccess));
    }

    [Fact]
    public void Memory_is_uninitialised_in_a_block_even_if_the_previous_block_wrote_it()
    {
        SharedMemoryRaceDetector detector = Block(warps: 1);
        Assert.True(detector.Write(1, 0, AllLanes, Row(0), 4));
        detector.Begin(1024, 4, 1);
        Assert.True(detector.Write(1, 0, 0xffff, Row(0), 4));
        detector.Clock.SynchroniseWarp(0);
        Assert.True(detector.Read(2, 0, 0xffff, Row(0), 4));
        Assert.False(detector.FoundUnwritten);
        Assert.True(detector.Read(2, 0, AllLanes, Row(0), 4));
        Assert.True(detector.FoundUnwritten);
        Assert.All(Enumerable.Range(0, 32), word => Assert.Equal(word >= 16, detector.IsUnwritten(4 * (ulong)word)));
    }

    [Fact]
    public void Adjacent_halves_of_a_word_are_tracked_separately()
    {
        SharedMemoryRaceDetector detector = Block(warps: 2, unitBytes: 2);
        ulong[] halves = [.. Enumerable.Range(0, 32).Select(lane => 2ul * (ulong)lane)];
        Assert.True(detector.Write(1, 0, 0x55555555, halves, 2));
        Assert.True(detector.Write(1, 1, 0xaaaaaaaa, halves, 2));
        Assert.False(detector.Read(2, 0, 1, Same(0), 4));
    }

    [Theory]
    [InlineData(8)]
    [InlineData(16)]
    public void Wide_accesses_are_checked_to_their_last_word(int bytes)
    {
        SharedMemoryRaceDetector detector = Block(warps: 2);
        ulong[] rows = [.. Enumerable.Range(0, 32).Select(lane => (ulong)(lane * bytes))];
        Assert.True(detector.Write(1, 0, AllLanes, rows, bytes));
        Barrier(detector, 0b11);
        Assert.True(detector.Write(2, 0, 1, Same((ulong)(32 * bytes - 4)), 4));
        Assert.False(detector.Read(3, 1, AllLanes, rows, bytes));
        Assert.Equal((31, (ulong)(32 * bytes - 4), 2), (detector.Violation.Lane, detector.Violation.Address, detector.Violation.OtherSite));
    }

    [Fact]
    public void A_copy_may_be_read_after_its_thread_has_waited_and_a_barrier()
    {
        (SharedMemoryRaceDetector detector, AsyncCopies copies) = Copying(warps: 2);
        Assert.True(copies.Copy(1, 0, AllLanes, Rows16(0), 16));
        copies.Commit(0, AllLanes);
        Assert.True(copies.Copy(2, 0, AllLanes, Rows16(512), 16));
        copies.Commit(0, AllLanes);
        copies.Wait(0, AllLanes, 1);
        Assert.True(detector.Read(3, 0, AllLanes, Rows16(0), 16));
        Barrier(detector, 0b11);
        Assert.True(detector.Read(3, 1, AllLanes, Rows16(0), 16));
        Assert.False(detector.Read(4, 0, AllLanes, Rows16(512), 16));
        Assert.Equal((FaultKind.AsyncCopyNotAwaited, 2), (detector.Violation.Kind, detector.Violation.OtherSite));
    }

    [Fact]
    public void A_barrier_does_not_replace_waiting_for_a_copy()
    {
        (SharedMemoryRaceDetector detector, AsyncCopies copies) = Copying(warps: 2);
        Assert.True(copies.Copy(1, 0, AllLanes, Rows16(0), 16));
        copies.Commit(0, AllLanes);
        Barrier(detector, 0b11);
        Assert.False(detector.Read(2, 1, 1u << 9, Rows16(0), 16));
        Assert.Equal((FaultKind.AsyncCopyNotAwaited, 9, 144ul),
            (detector.Violation.Kind, detector.Violation.Lane, detector.Violation.Address));
    }

    [Fact]
    public void Waiting_for_a_copy_does_not_replace_a_barrier()
    {
        (SharedMemoryRaceDetector detector, AsyncCopies copies) = Copying(warps: 2);
        Assert.True(copies.Copy(1, 0, AllLanes, Rows16(0), 16));
        copies.WaitAll(0, AllLanes);
        Assert.False(detector.Read(2, 1, AllLanes, Rows16(0), 16));
        Assert.Equal(FaultKind.SharedReadWriteRace, detector.Violation.Kind);
    }

    [Fact]
    public void Copies_that_a_block_never_waited_for_do_not_affect_the_next_block()
    {
        (SharedMemoryRaceDetector detector, AsyncCopies copies) = Copying(warps: 1);
        Assert.True(copies.Copy(1, 0, AllLanes, Rows16(0), 16));
        copies.Begin();
        detector.Begin(1024, 4, 1);
        Assert.True(detector.Write(2, 0, AllLanes, Rows16(0), 16));
        Assert.True(detector.Read(3, 0, AllLanes, Rows16(0), 16));
    }

    [Theory]
    [InlineData(11)]
    [InlineData(12)]
    [InlineData(13)]
    public void Random_accesses_give_the_results_of_a_simple_happens_before_model(int seed)
    {
        Random random = new(seed);
        int races = 0;
        for (int round = 0; round < 400; round++)
        {
            const int Warps = 3;
            SharedMemoryRaceDetector detector = Block(Warps, FaultChecks.SharedRaces | FaultChecks.WarpRaces);
            PlainModel model = new(Warps);
            for (int step = 0; step < 12; step++)
            {
                int warp = random.Next(Warps);
                switch (random.Next(6))
                {
                    case 0:
                        Barrier(detector, 0b111);
                        model.Barrier();
                        continue;
                    case 1:
                        detector.Clock.SynchroniseWarp(warp);
                        model.SynchroniseWarp(warp);
                        continue;
                }

                bool writes = random.Next(2) == 0;
                int lane = random.Next(32), bytes = 4 << random.Next(3);
                ulong address = (ulong)(random.Next(4) * 16);
                bool expected = model.Access(step, warp, lane, (int)address / 4, bytes / 4, writes);
                bool found = writes ? detector.Write(step, warp, 1u << lane, Same(address), bytes)
                    : detector.Read(step, warp, 1u << lane, Same(address), bytes);
                Assert.True(expected == found, $"seed {seed}, round {round}, step {step}: the model says {expected}, the detector {found}");
                if (!found)
                {
                    races++;
                    break;
                }
            }
        }

        Assert.InRange(races, 50, 390);
    }

    private static SharedMemoryRaceDetector Block(int warps, FaultChecks checks = FaultChecks.All, int unitBytes = 4)
    {
        SharedMemoryRaceDetector detector = new(checks);
        detector.Begin(1024, unitBytes, warps);
        return detector;
    }

    private static (SharedMemoryRaceDetector Detector, AsyncCopies Copies) Copying(int warps)
    {
        SharedMemoryRaceDetector detector = Block(warps);
        AsyncCopies copies = new(detector);
        copies.Begin();
        return (detector, copies);
    }

    private static void Barrier(SharedMemoryRaceDetector detector, uint warps, int barrier = 0)
    {
        for (int warp = 0; warp < 32; warp++)
        {
            if ((warps >> warp & 1) != 0)
                detector.Clock.Arrive(barrier, warp);
        }

        detector.Clock.Release(barrier, warps);
    }

    private static ulong[] Row(ulong first) => [.. Enumerable.Range(0, 32).Select(lane => first + 4 * (ulong)lane)];

    private static ulong[] Rows16(ulong first) => [.. Enumerable.Range(0, 32).Select(lane => first + 16 * (ulong)lane)];

    private static ulong[] Same(ulong address) => [.. Enumerable.Repeat(address, 32)];

    /// <summary>Compares every access with every earlier one, using the set of accesses that its thread has seen.</summary>
    private sealed class PlainModel(int warps)
    {
        private readonly List<(int Site, int Warp, int Lane, int Word, bool Writes, int Epoch, int WarpEpoch)> _past = [];
        private readonly int[] _warpEpochs = new int[warps];
        private int _epoch;

        public void Barrier() => _epoch++;

        public void SynchroniseWarp(int warp) => _warpEpochs[warp]++;

        public bool Access(int site, int warp, int lane, int word, int words, bool writes)
        {
            bool right = true;
            for (int i = 0; i < words; i++)
            {
                foreach (var other in _past)
                {
                    bool ordered = other.Epoch < _epoch
                        || (other.Warp == warp && (other.Lane == lane || other.WarpEpoch < _warpEpochs[warp]));
                    if (other.Word == word + i && (writes || other.Writes) && !ordered)
                        right = false;
                }
            }

            for (int i = 0; i < words; i++)
                _past.Add((site, warp, lane, word + i, writes, _epoch, _warpEpochs[warp]));
            return right;
        }
    }
}
