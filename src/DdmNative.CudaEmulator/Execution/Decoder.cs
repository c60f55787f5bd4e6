using System.Numerics;
using System.Runtime.InteropServices;
using DdmNative.CudaEmulator.Checks;
using DdmNative.CudaEmulator.Counters;
using DdmNative.CudaEmulator.Ptx;

namespace DdmNative.CudaEmulator.Execution;

/// <summary>
/// Translates a function's instructions into operations on rows of lanes: registers, constants and special registers are all rows of one
/// frame.
/// </summary>
internal sealed unsafe class Decoder
{
    private readonly LoadedModule _module;
    private readonly PtxFunction _function;
    private readonly KernelSites _sites;
    private readonly SharedLayout _shared;
    private readonly PoisonFlow _poison;
    private readonly Lazy<DecodedFunction> _watched;
    private readonly List<Operation> _operations = [];
    private readonly List<Detail> _details = [];
    private readonly List<(int Offset, int Width, ulong Bits)> _constants = [];
    private readonly Dictionary<(ulong Bits, int Width), Place> _constantPlaces = [];
    private readonly Dictionary<PtxSpecialRegister, Place> _specials = [];
    private readonly Dictionary<PtxVariable, int> _stack = [];
    private Place[] _registers = [];
    private Place _carry;
    private Place[] _trial = [];
    private int _frameBytes, _stackBytes, _localBytes, _registerBytes, _current;

    private Decoder(
        LoadedModule module, PtxFunction function, KernelSites sites, SharedLayout shared, bool followsMemory,
        Lazy<DecodedFunction> watched)
    {
        (this._module, this._function, this._sites, this._shared, this._watched) = (module, function, sites, shared, watched);
        _poison = PoisonFlow.Compute(function, (module.Checks & FaultChecks.UninitialisedRegisters) != 0, followsMemory);
    }

    /// <summary>
    /// Decodes a function of a kernel; the form that propagates poison from memory is decoded only when a warp first loads some.
    /// </summary>
    public static DecodedFunction Decode(LoadedModule module, PtxFunction function, KernelSites sites, SharedLayout shared)
    {
        DecodedFunction plain = null!;
        Lazy<DecodedFunction> watched = new(() =>
        {
            DecodedFunction follows = new Decoder(module, function, sites, shared, true, plain.Watched).Decode();
            // Warps switch from the first form to the second within a segment and keep the frame.
            return follows.Frame.AsSpan().SequenceEqual(plain.Frame) && follows.Segments.Length == plain.Segments.Length
                ? follows
                : throw new InvalidOperationException($"function '{function.Name}': the two decoded forms have different frames");
        });
        return plain = new Decoder(module, function, sites, shared, false, watched).Decode();
    }

    private DecodedFunction Decode()
    {
        // Rows first: they must be aligned for vectors.
        _registers = new Place[_function.Registers.Count];
        for (int i = 0; i < _registers.Length; i++)
            _registers[i] = Row(_function.Registers[i].Type == PtxType.Pred ? 0 : Math.Max(4, _function.Registers[i].Type.ByteSize()));
        _carry = Row(0);
        int poisonAt = _frameBytes;
        _frameBytes += ((_registers.Length + 1) * sizeof(uint) + 31) / 32 * 32;
        for (int i = 0; i < _registers.Length; i++)
            _registers[i] = Followed(_registers[i], i);
        _carry = Followed(_carry, _registers.Length);
        _registerBytes = _frameBytes;
        if (_function.Instructions.Any(IsMixing))
            _trial = [.. Enumerable.Range(0, MaxMixed).Select(_ => Row(8))];

        if (!_function.IsEntry)
            PlaceOnStack(_function.Parameters.Concat(_function.Results));
        PlaceOnStack(_function.Variables.Where(variable => variable.Space is PtxSpace.Local or PtxSpace.Param));
        _localBytes = (int)_function.Variables.Where(variable => variable.Space == PtxSpace.Local).Sum(variable => (long)variable.Size);
        IReadOnlyList<PtxInstruction> code = _function.Instructions;
        PtxControlFlow flow = PtxControlFlow.Build(_function);
        int[] segmentAt = new int[code.Count + 1];
        Array.Fill(segmentAt, -1);
        List<Segment> segments = [];
        int firstSite = _sites.Offset(_function);
        foreach (PtxBasicBlock block in flow.Blocks)
        {
            int start = block.Start;
            while (start < block.End)
            {
                int first = _operations.Count, end = start;
                while (end < block.End && ControlOf(code[end].Opcode) == Control.Next)
                {
                    _current = end;
                    FollowPoison(code[end], firstSite + end);
                    Add(code[end], firstSite + end);
                    if (IsMixing(code[end]))
                        FollowMix(code[end], firstSite + end);
                    end++;
                }

                if (end < block.End)
                {
                    _current = end;
                    FollowPoison(code[end], firstSite + end);
                }

                int last = _operations.Count;
                Control control = Control.Next;
                int reconvergence = -1;
                if (end < block.End)
                {
                    control = ControlOf(code[end].Opcode);
                    AddControl(code[end], control, firstSite + end);
                    reconvergence = flow.ReconvergenceOf(end);
                    end++;
                }

                segmentAt[start] = segments.Count;
                segments.Add(new Segment(first, last, start, end, control, end, reconvergence));
                start = end;
            }
        }

        Place Followed(Place register, int number) => register with
        {
            Poison = poisonAt + number * sizeof(uint), Origins = -(number + 1) * WarpPoison.OriginBytes,
        };

        byte[] frame = new byte[_frameBytes];
        foreach ((int offset, int width, ulong bits) in _constants)
        {
            if (width == 0)
                MemoryMarshal.Write(frame.AsSpan(offset), (uint)bits);
            else if (width == 4)
                MemoryMarshal.Cast<byte, uint>(frame.AsSpan(offset, 128)).Fill((uint)bits);
            else
                MemoryMarshal.Cast<byte, ulong>(frame.AsSpan(offset, 256)).Fill(bits);
        }

        return new DecodedFunction
        {
            Function = _function, Operations = [.. _operations], Details = [.. _details], Segments = [.. segments], SegmentAt = segmentAt,
            Frame = frame, RegisterBytes = _registerBytes, Registers = _registers,
            Specials = [.. _specials.Select(pair => (pair.Key, pair.Value))], StackOffsets = _stack,
            Parameters = _function.ParameterRegisters.Count > 0 ? Registers(_function.ParameterRegisters) : OnStack(_function.Parameters),
            Results = _function.ResultRegisters.Count > 0
            ? Registers(_function.ResultRegisters)
                : OnStack(_function.Results), StackBytes = (_stackBytes + 15) / 16 * 16, LocalBytes = _localBytes, FirstSite = firstSite,
            PoisonAt = poisonAt, OriginBytes = (_registers.Length + 1) * WarpPoison.OriginBytes,
            Unwritten = [.. _poison.Unwritten.Order().Select(register => _registers[register])], Watched = _watched,
        };
    }

    private CallSlot[] Registers(IReadOnlyList<int> indices) => [.. indices.Select(index => CallSlot.InRegister(_registers[index]))];

    private CallSlot[] OnStack(IReadOnlyList<PtxVariable> variables)
        => _function.IsEntry ? [] : [.. variables.Select(variable => CallSlot.OnStack(_stack[variable], variable.Size))];

    /// <summary>
    /// Adds, before an instruction, a check for poison that decides something, and the propagation of poison to its results. Accesses to
    /// memory and calls do this themselves.
    /// </summary>
    private void FollowPoison(PtxInstruction instruction, int site)
    {
        if (_poison.Reads(_current))
        {
            foreach (int register in RegisterUse.Decides(instruction).Distinct().Where(_poison.IsCarrier))
            {
                _operations.Add(Watch(instruction, site, instruction.Guard?.Register == register) with
                {
                    Run = &PoisonOperations.Check, A = _registers[register].Poison, Count = register,
                    Extra = AddDetail(instruction, [], [_registers[register]]),
                });
            }
        }

        Place[] results = Carriers(instruction);
        bool callsFunction = instruction.Call is { } call
            && !(call.Target is PtxFunctionOperand named && _module.Defined(named.Name) is null);
        if (results.Length == 0 || IsMemory(instruction.Opcode) || callsFunction || IsMixing(instruction) && _poison.Reads(_current))
            return;
        // Operands with a meaning of their own keep their positions; an operand that is not a register has no location.
        Place[] sources = !_poison.Reads(_current) || instruction.Call is not null || instruction.Opcode == PtxOpcode.BarRed ? []
            : instruction.Operands.Count > 1 && instruction.Operands.Skip(1).All(operand => operand is not (PtxVectorOperand or PtxAddress))
                ? [.. instruction.Operands.Skip(1).Select(Source)]
                : [.. RegisterUse.Sources(instruction).Distinct().Select(register => _registers[register])];
        if (RegisterUse.UsesCarry(instruction) && _poison.Reads(_current))
            sources = [.. sources, _carry];
        _operations.Add(Watch(instruction, site, false) with
        {
            Run = &PoisonOperations.Propagate, Extra = AddDetail(instruction, results, sources),
        });
    }

    /// <summary>Inserts, before the instruction just added, the extra execution that determines how poison passes through it.</summary>
    private void FollowMix(PtxInstruction instruction, int site)
    {
        if (!_poison.Reads(_current) || Carriers(instruction).Length == 0)
            return;
        Operation mixes = _operations[^1];
        Detail own = _details[mixes.Extra];
        int used = 0;
        Place[] results = [.. own.Results.Select(result => _trial[used++] with { Width = result.Width })];
        bool isProduct = instruction.Opcode is PtxOpcode.Mma or PtxOpcode.WmmaMma;
        Place[] sources =
            [.. own.Sources.Select((source, i) => isProduct || i == 0 ? _trial[used++] with { Width = source.Width } : source)];
        _operations.Insert(_operations.Count - 1, Watch(instruction, site, false) with
        {
            Run = &PoisonOperations.Mix, Extra = mixes.Extra, C = AddDetail(instruction, results, sources),
        });
    }

    /// <summary>Number of results and sources of the largest matrix instruction.</summary>
    private const int MaxMixed = 40;

    private static bool IsMixing(PtxInstruction instruction) =>
        instruction.Opcode is PtxOpcode.Mma or PtxOpcode.WmmaMma or PtxOpcode.Movmatrix or PtxOpcode.Shfl;

    private static bool IsMemory(PtxOpcode opcode) => opcode is PtxOpcode.Ld or PtxOpcode.Ldu or PtxOpcode.Atom or PtxOpcode.Ldmatrix
        or PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC;

    /// <summary>The registers that an instruction writes and that are read somewhere while they may hold poison.</summary>
    private Place[] Carriers(PtxInstruction instruction)
    {
        IEnumerable<Place> results = RegisterUse.Writes(instruction).Where(_poison.IsCarrier).Select(register => _registers[register]);
        return RegisterUse.SetsCarry(instruction) && _poison.IsCarrier(_registers.Length) ? [.. results, _carry] : [.. results];
    }

    private Place Source(PtxOperand operand) =>
        operand is PtxRegisterOperand register ? _registers[register.Register] with { Negated = register.Negated } : default;

    private Operation Watch(PtxInstruction instruction, int site, bool always) => new()
    {
        Guard = -1, Site = site, FollowsPoison = true,
            B = instruction.Guard is { } guard && !always ? _registers[guard.Register].Offset : -1,
        Immediate = instruction.Guard is { Negated: true } ? uint.MaxValue : 0,
    };

    private static Control ControlOf(PtxOpcode opcode) => opcode switch
    {
        PtxOpcode.Bra => Control.Branch,
        PtxOpcode.BrxIdx => Control.BranchTable,
        PtxOpcode.Ret => Control.Return,
        PtxOpcode.Exit => Control.Exit,
        PtxOpcode.Trap => Control.Trap,
        PtxOpcode.Call => Control.Call,
        PtxOpcode.BarSync => Control.Barrier,
        PtxOpcode.BarArrive => Control.BarrierArrive,
        PtxOpcode.BarRed => Control.BarrierReduce,
        _ => Control.Next,
    };

    private Place Row(int width)
    {
        int bytes = width == 0 ? 32 : width * 32;
        Place place = new(_frameBytes, width);
        _frameBytes += bytes;
        return width <= 8 ? place
            : throw new EmulatorException(CudaError.InvalidPtx,
                $"the function '{_function.Name}' has registers of {width} bytes, expected at most 8");
    }

    private void PlaceOnStack(IEnumerable<PtxVariable> variables)
    {
        foreach (PtxVariable variable in variables)
        {
            int alignment = Math.Max(variable.Alignment, 1);
            _stackBytes = (_stackBytes + alignment - 1) / alignment * alignment;
            _stack[variable] = _stackBytes;
            _stackBytes = checked(_stackBytes + (int)variable.Size);
        }

        if (_stackBytes > 1 << 19)
            throw new EmulatorException(CudaError.InvalidPtx,
                $"the function '{_function.Name}' has {_stackBytes} bytes of local variables, expected at most {1 << 19}");
    }

    private Place Constant(ulong bits, int width)
    {
        if (width is 1 or 2)
            width = 4;
        if (!_constantPlaces.TryGetValue((bits, width), out Place place))
        {
            _constantPlaces[(bits, width)] = place = Row(width);
            _constants.Add((place.Offset, width, bits));
        }

        return place;
    }

    private Place Special(PtxSpecialRegister register)
    {
        int width = register is PtxSpecialRegister.Clock64 or PtxSpecialRegister.GlobalTimer or PtxSpecialRegister.GridId ? 8 : 4;
        if (!_specials.TryGetValue(register, out Place place))
            _specials[register] = place = Row(width);
        return place;
    }

    /// <summary>The location of an operand of a type; a sink gets its own row.</summary>
    private Place Locate(PtxOperand operand, PtxType type) => operand switch
    {
        PtxRegisterOperand register => _registers[register.Register] with { Negated = register.Negated },
        PtxImmediate immediate when type == PtxType.Pred => Constant(immediate.Bits == 0 ? 0 : uint.MaxValue, 0),
        PtxImmediate immediate => Constant(immediate.As(type), type.ByteSize()),
        PtxSpecialRegisterOperand special => Special(special.Register),
        PtxSymbolOperand symbol => Symbol(symbol, type),
        PtxFunctionOperand named => Constant(_module.AddressOf(named.Name), 8),
        PtxSinkOperand => Row(type == PtxType.Pred ? 0 : 8),
        _ => throw new EmulatorException(CudaError.InvalidPtx, $"function '{_function.Name}': an operand {operand} cannot be executed"),
    };

    private Place Symbol(PtxSymbolOperand symbol, PtxType type) => symbol.Variable.Space switch
    {
        PtxSpace.Shared => Constant(_shared.Offset(symbol.Variable) + (ulong)symbol.Offset, Math.Max(4, type.ByteSize())),
        PtxSpace.Local or PtxSpace.Param
            when _stack.TryGetValue(symbol.Variable, out int offset) => StackAddress(offset + symbol.Offset, Math.Max(4, type.ByteSize())),
        PtxSpace.Param => Constant((ulong)(symbol.Variable.ParameterOffset + symbol.Offset), Math.Max(4, type.ByteSize())),
        _ => Constant(_module.AddressOf(symbol.Variable) + (ulong)symbol.Offset, Math.Max(4, type.ByteSize())),
    };

    /// <summary>The address of a stack variable depends on the frame, so it is computed where it is used.</summary>
    private Place StackAddress(long offset, int width)
    {
        Place place = Row(width);
        _operations.Add(new Operation { Run = &MemoryOperations.StackAddress, Guard = -1, D = place.Offset, Bytes = width,
            Immediate = offset, Site = _operations.Count == 0 ? _sites.Offset(_function) : _operations[^1].Site });
        return place;
    }

    private int AddDetail(PtxInstruction instruction, Place[] results, Place[] sources, LaneFunction? lane = null)
    {
        _details.Add(new Detail(instruction, results, sources, lane));
        return _details.Count - 1;
    }

    private Operation New(PtxInstruction instruction, int site) =>
        new() { Guard = instruction.Guard is { } guard
        ? _registers[guard.Register].Offset : -1, GuardFlip = instruction.Guard is { Negated: true }
            ? uint.MaxValue : 0, Site = site, Count = 1 };

    private void Lanes(PtxInstruction instruction, int site, Place result, LaneFunction lane, params Place[] sources)
    {
        Operation operation = New(instruction, site);
        operation.Run = &LaneOperations.Apply;
        operation.Extra = AddDetail(instruction, [result], sources, lane);
        _operations.Add(operation);
    }

    private void AddControl(PtxInstruction instruction, Control control, int place)
    {
        List<Place> sources = [];
        if (control == Control.BranchTable)
            sources.Add(Locate(instruction.Operands[0], PtxType.U32));
        if (control is Control.Barrier or Control.BarrierArrive or Control.BarrierReduce)
            sources.AddRange(
                instruction.Operands.Skip(control == Control.BarrierReduce ? 1 : 0).Select((operand, i) =>
                Locate(operand, control == Control.BarrierReduce && i == instruction.Operands.Count - 2 ? PtxType.Pred : PtxType.U32)));
        Place[] results = control == Control.BarrierReduce ? [Locate(instruction.Operands[0], instruction.Modifiers.Type)] : [];
        if (instruction.Call is { Target: PtxRegisterOperand pointer })
            sources.Add(_registers[pointer.Register]);
        CallSite? site = null;
        if (instruction.Call is { } call)
        {
            PtxFunction? callee = call.Target is PtxFunctionOperand named ? _module.Defined(named.Name) : null;
            if (call.Target is PtxFunctionOperand missing && callee is null && !SystemCalls.IsKnown(missing.Name))
                throw new EmulatorException(
                    CudaError.InvalidPtx, $"ptx line {instruction.Line}: the function '{missing.Name}' is called, but not defined");
            site = new CallSite([.. call.Arguments.Select((argument, i) => Slot(instruction, argument, Parameter(callee, i)))],
                [.. call.Results.Select(result => ResultSlot(instruction, result))]);
        }

        // The control's operation follows the segment's last.
        Operation operation = New(instruction, place);
        _details.Add(new Detail(instruction, results, [.. sources], null, site));
        operation.Extra = _details.Count - 1;
        _operations.Add(operation);
    }

    /// <summary>The type of a parameter, which determines how a constant is read; the widest type if it is not known.</summary>
    private static PtxType Parameter(PtxFunction? callee, int number) =>
        callee is null ? PtxType.B64
        : number < callee.ParameterRegisters.Count ? callee.Registers[callee.ParameterRegisters[number]].Type
        : number < callee.Parameters.Count ? callee.Parameters[number].Type
        : PtxType.B64;

    /// <summary>An argument or result of a call: a variable of this function, a register or a constant.</summary>
    private CallSlot Slot(PtxInstruction instruction, PtxOperand operand, PtxType type) => operand switch
    {
        PtxSymbolOperand { Offset: 0 } symbol
            when _stack.TryGetValue(symbol.Variable, out int offset) => CallSlot.OnStack(offset, symbol.Variable.Size),
        PtxSinkOperand => default,
        PtxImmediate immediate when type != PtxType.Pred => CallSlot.InRegister(Constant(immediate.As(type), Math.Max(4, type.ByteSize()))),
        PtxRegisterOperand => CallSlot.InRegister(Locate(operand, type)),
        _ => throw new EmulatorException(
            CudaError.InvalidPtx,
            $"ptx line {instruction.Line}: a call passes {operand}, expected a .param variable of this function's body, a register or a "
            + $"constant"),
    };

    private CallSlot ResultSlot(PtxInstruction instruction, PtxOperand operand)
        => operand is PtxImmediate or PtxRegisterOperand { Negated: true }
        ? throw new EmulatorException(CudaError.InvalidPtx,
            $"ptx line {instruction.Line}: a call's result goes to {operand}, expected a .param variable or a register")
        : Slot(instruction, operand, PtxType.B64);

    private void Add(PtxInstruction instruction, int site)
    {
        PtxModifiers modifiers = instruction.Modifiers;
        IReadOnlyList<PtxOperand> operands = instruction.Operands;
        switch (instruction.Opcode)
        {
            case PtxOpcode.Ld or PtxOpcode.Ldu or PtxOpcode.St or PtxOpcode.Atom or PtxOpcode.Red or PtxOpcode.CpAsync or PtxOpcode.Ldmatrix
                or PtxOpcode.Stmatrix
                or PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC or PtxOpcode.WmmaStoreD:
                AddMemory(instruction, site);
                return;
            case PtxOpcode.Mov:
                AddMove(instruction, site);
                return;
            case PtxOpcode.Membar or PtxOpcode.Fence or PtxOpcode.Prefetch or PtxOpcode.Discard or PtxOpcode.Brkpt or PtxOpcode.Nanosleep
                or PtxOpcode.Pmevent or PtxOpcode.Griddepcontrol or PtxOpcode.Setmaxnreg:
                Emit(instruction, site, &WarpOperations.Nothing, [], []);
                return;
            case PtxOpcode.Applypriority:
                Emit(instruction, site, &WarpOperations.Nothing, [], []);
                return;
            case PtxOpcode.Createpolicy:
                // Eviction policies of caches change no result.
                Lanes(instruction, site, Locate(operands[0], PtxType.B64), (_, _, _, _) => 0);
                return;
            case PtxOpcode.Alloca:
                long alignment = operands.Count > 2 ? (long)Math.Clamp(((PtxImmediate)operands[2]).Bits, 8, 1 << 16) : 8;
                Emit(instruction, site, &StackOperations.Allocate, [Locate(operands[0], modifiers.Type)],
                    [Locate(operands[1], modifiers.Type)], (long)BitOperations.RoundUpToPowerOf2((ulong)alignment));
                return;
            case PtxOpcode.Stacksave:
                Emit(instruction, site, &StackOperations.Save, [Locate(operands[0], modifiers.Type)], []);
                return;
            case PtxOpcode.Stackrestore:
                Emit(instruction, site, &StackOperations.Restore, [], [Locate(operands[0], modifiers.Type)]);
                return;
            case PtxOpcode.CpAsyncCommitGroup:
                Emit(instruction, site, &WarpOperations.CommitCopies, [], []);
                return;
            case PtxOpcode.CpAsyncWaitGroup or PtxOpcode.CpAsyncWaitAll:
                Emit(instruction, site, &WarpOperations.WaitForCopies, [], [], operands.Count > 0
                    ? (long)((PtxImmediate)operands[0]).Bits : -1);
                return;
            case PtxOpcode.BarWarpSync:
                Emit(instruction, site, &WarpOperations.Synchronise, [], [Locate(operands[0], PtxType.U32)]);
                return;
            case PtxOpcode.Activemask:
                Emit(instruction, site, &WarpOperations.ActiveMask, [Locate(operands[0], PtxType.B32)], []);
                return;
            case PtxOpcode.Shfl or PtxOpcode.Match or PtxOpcode.Elect:
                PtxPairOperand? pair = operands[0] as PtxPairOperand;
                Place[] results = pair is null ? [Locate(operands[0], PtxType.B64)]
                    : [Locate(pair.First, PtxType.B64), Locate(pair.Second, PtxType.Pred)];
                PtxType valueType = instruction.Opcode == PtxOpcode.Match ? modifiers.Type : PtxType.U32;
                Place[] sources = [.. operands.Skip(1).Select((operand, i) => Locate(operand, i == 0 ? valueType : PtxType.U32))];
                if (instruction.Opcode == PtxOpcode.Shfl)
                    Emit(instruction, site, &WarpOperations.Shuffle, results, sources);
                else if (instruction.Opcode == PtxOpcode.Match)
                    Emit(instruction, site, &WarpOperations.Match, results, sources);
                else
                    Emit(instruction, site, &WarpOperations.Elect, results, sources);
                return;
            case PtxOpcode.Vote:
                Emit(instruction, site, &WarpOperations.Vote, [Locate(operands[0], modifiers.Type)],
                    [Locate(operands[1], PtxType.Pred), Locate(operands[2], PtxType.U32)]);
                return;
            case PtxOpcode.Redux:
                Emit(instruction, site, &WarpOperations.Reduce, [Locate(operands[0], modifiers.Type)],
                    [Locate(operands[1], modifiers.Type), Locate(operands[2], PtxType.U32)]);
                return;
            case PtxOpcode.Mma or PtxOpcode.WmmaMma:
                AddProduct(instruction, site);
                return;
            case PtxOpcode.Movmatrix:
                Emit(instruction, site, &MatrixOperations.Transpose, [Locate(operands[0], PtxType.B32)],
                    [Locate(operands[1], PtxType.B32)]);
                return;
        }

        Place[] all = Sources(instruction);
        PtxOperand first = operands[0];
        PtxType resultType = LaneFunctions.ResultType(instruction);
        if (first is PtxPairOperand two)
        {
            (LaneFunction yes, LaneFunction no) = LaneFunctions.Comparison(instruction);
            // Through a row in between: the first result may be a source of the second.
            Place negative = Row(0);
            Lanes(instruction, site, negative, no, all);
            Lanes(instruction, site, Locate(two.First, PtxType.Pred), yes, all);
            Lanes(instruction, site, Locate(two.Second, PtxType.Pred), (a, _, _, _) => a, negative);
            return;
        }

        Place result = Locate(first, resultType);
        if (TryVector(instruction, site, result, all))
            return;
        if (modifiers.Has(PtxQualifiers.CarryOut) || instruction.Opcode is PtxOpcode.Addc or PtxOpcode.Subc or PtxOpcode.Madc)
        {
            AddCarry(instruction, site, result, all);
            return;
        }

        LaneFunction lane = LaneFunctions.Create(instruction) ?? throw Unsupported(instruction);
        Lanes(instruction, site, result, lane, all);
    }

    private void AddProduct(PtxInstruction instruction, int site)
    {
        IReadOnlyList<PtxType> types = instruction.Modifiers.Types;
        bool isWarp = instruction.Opcode == PtxOpcode.WmmaMma, isNarrow = types.Count == 4 && types[1] is PtxType.E4M3 or PtxType.E5M2;
        delegate*<Warp, Operation*, uint, void> run = types[0] switch
        {
            PtxType.S32 => isWarp ? &MatrixProducts.MultiplyWarpWholeNumbers : &MatrixProducts.MultiplyWholeNumbers,
            PtxType.F64 => isWarp ? &MatrixProducts.MultiplyWarpDoubles : &MatrixProducts.MultiplyDoubles,
            _ => isWarp ? &MatrixOperations.MultiplyWarp : isNarrow ? &MatrixProducts.MultiplyBytes : &MatrixOperations.Multiply,
        };
        Emit(instruction, site, run, Rows(instruction.Operands[0]), [.. instruction.Operands.Skip(1).SelectMany(Rows)]);
    }

    private void AddCarry(PtxInstruction instruction, int site, Place result, Place[] sources)
    {
        Place flag = new(_carry.Offset, 0);
        (LaneFunction value, LaneFunction carryOut) = LaneFunctions.Carry(instruction);
        Place[] all = [.. sources, .. Enumerable.Repeat(flag, 4 - sources.Length)];
        if (!instruction.Modifiers.Has(PtxQualifiers.CarryOut))
        {
            Lanes(instruction, site, result, value, all);
            return;
        }

        Place next = Row(0);
        Lanes(instruction, site, next, carryOut, all);
        Lanes(instruction, site, result, value, all);
        Lanes(instruction, site, flag, (a, _, _, _) => a, next);
    }

    private Place[] Sources(PtxInstruction instruction)
    {
        PtxModifiers modifiers = instruction.Modifiers;
        List<Place> sources = [];
        for (int i = 1; i < instruction.Operands.Count; i++)
            sources.Add(Locate(instruction.Operands[i], LaneFunctions.SourceType(instruction, i - 1)));
        return [.. sources];
    }

    private static EmulatorException Unsupported(PtxInstruction instruction) =>
        new(CudaError.InvalidPtx, $"ptx line {instruction.Line}: '{instruction.Text}' cannot be executed by the emulator");

    private Place[] Rows(PtxOperand operand) =>
        operand is PtxVectorOperand vector ? [.. vector.Elements.Select(element => Locate(element, PtxType.B32))]
        : [Locate(operand, PtxType.B32)];

    private void Emit(PtxInstruction instruction, int site, delegate*<Warp, Operation*, uint, void> run, Place[] results, Place[] sources,
        long immediate = 0)
    {
        Operation operation = New(instruction, site);
        operation.Run = run;
        operation.Extra = AddDetail(instruction, results, sources);
        operation.Immediate = immediate;
        _operations.Add(operation);
    }

    private void AddMove(PtxInstruction instruction, int site)
    {
        (PtxOperand to, PtxOperand from) = (instruction.Operands[0], instruction.Operands[1]);
        PtxType type = instruction.Modifiers.Type;
        if (from is PtxSpecialRegisterOperand { Register: PtxSpecialRegister.Clock or PtxSpecialRegister.Clock64
            or PtxSpecialRegister.ClockHi or PtxSpecialRegister.GlobalTimer or PtxSpecialRegister.GlobalTimerLo })
        {
            Emit(instruction, site, &WarpOperations.Clock, [Locate(to, type)], []);
            return;
        }

        if (to is PtxVectorOperand parts)
        {
            int bits = type.ByteSize() * 8 / parts.Elements.Count;
            Place whole = Locate(from, type);
            for (int i = 0; i < parts.Elements.Count; i++)
            {
                int shift = i * bits;
                ulong mask = (1UL << bits) - 1;
                if (parts.Elements[i] is not PtxSinkOperand)
                    Lanes(instruction, site, Locate(parts.Elements[i], PtxType.B32), (a, _, _, _) => a >> shift & mask, whole);
            }
        }
        else if (from is PtxVectorOperand pieces)
        {
            int bits = type.ByteSize() * 8 / pieces.Elements.Count;
            ulong mask = (1UL << bits) - 1;
            PtxType piece = bits switch { 8 => PtxType.B8, 16 => PtxType.B16, _ => PtxType.B32 };
            LaneFunction join = (a, b, c, d) => a & mask | (b & mask) << bits
                | (pieces.Elements.Count > 2 ? (c & mask) << 2 * bits | (d & mask) << 3 * bits : 0);
            Lanes(instruction, site, Locate(to, type), join, [.. pieces.Elements.Select(element => Locate(element, piece))]);
        }
        else
        {
            Place source = Locate(from, type), result = Locate(to, type);
            if (!TryVector(instruction, site, result, [source]))
                Lanes(instruction, site, result, (a, _, _, _) => a, source);
        }
    }

    private bool TryVector(PtxInstruction instruction, int site, Place result, Place[] sources)
    {
        delegate*<Warp, Operation*, uint, void> run = VectorOperations.Find(instruction, result, sources);
        if (run == null)
            return false;
        Operation operation = New(instruction, site);
        operation.Run = run;
        operation.D = result.Offset;
        operation.A = sources[0].Offset;
        operation.B = sources.Length > 1 ? sources[1].Offset : 0;
        operation.C = sources.Length > 2 ? sources[2].Offset : 0;
        operation.Immediate = sources.Select((source, i) => source.Negated ? 1L << i : 0).Sum();
        _operations.Add(operation);
        return true;
    }

    /// <summary>Address operands: A is the row of the register, or −1; Immediate the offset; Count the row's width, 8 or 4.</summary>
    private void AddMemory(PtxInstruction instruction, int site)
    {
        PtxModifiers modifiers = instruction.Modifiers;
        IReadOnlyList<PtxOperand> operands = instruction.Operands;
        int at = operands[0] is PtxAddress ? 0 : 1;
        PtxAddress address = (PtxAddress)operands[at];
        Place[] results = at == 0 ? [] : operands[0] is PtxVectorOperand vector
            ? [.. vector.Elements.Select(element => Locate(element, PtxType.B64))] : [Locate(operands[0], PtxType.B64)];
        List<Place> sources = [];
        for (int i = at + 1; i < operands.Count; i++)
        {
            PtxType type = instruction.Opcode is PtxOpcode.CpAsync or PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC
                || (instruction.Opcode is PtxOpcode.WmmaStoreD && i == 2)
                || instruction.Opcode is PtxOpcode.CpAsync ? PtxType.B32 : modifiers.Type;
            if (operands[i] is PtxVectorOperand values)
                sources.AddRange(values.Elements.Select(element => Locate(element, type)));
            else if (operands[i] is PtxRegisterOperand { } predicate && _function.Registers[predicate.Register].Type == PtxType.Pred)
                sources.Add(Locate(operands[i], PtxType.Pred));
            else if (operands[i] is PtxAddress other)
                sources.Add(other.Register is { } register
                    ? _registers[register.Register] : Constant(_module.AddressOf(other.Variable!) + (ulong)other.Offset, 8));
            else
                sources.Add(Locate(operands[i], type));
        }

        PtxSpace space = modifiers.Space;
        long offset = address.Offset;
        if (address.Variable is { } variable)
        {
            if (space == PtxSpace.Generic)
                space = variable.Space;
            offset += variable.Space switch
            {
                PtxSpace.Shared => (long)_shared.Offset(variable),
                PtxSpace.Local or PtxSpace.Param => _stack.TryGetValue(variable, out int place) ? place : variable.ParameterOffset,
                _ => (long)_module.AddressOf(variable),
            };
        }

        Operation operation = New(instruction, site);
        bool isStack = space == PtxSpace.Local
            || (space == PtxSpace.Param && (address.Variable is null ? !_function.IsEntry : _stack.ContainsKey(address.Variable)));
        operation.Run = instruction.Opcode switch
        {
            PtxOpcode.Ld or PtxOpcode.Ldu => space == PtxSpace.Param && !isStack ? &MemoryOperations.LoadParameter : &MemoryOperations.Load,
            PtxOpcode.St => &MemoryOperations.Store,
            PtxOpcode.Atom or PtxOpcode.Red => &MemoryOperations.Update,
            PtxOpcode.CpAsync => &MemoryOperations.CopyAsync,
            PtxOpcode.Ldmatrix => &MatrixOperations.Load,
            PtxOpcode.Stmatrix => &MatrixOperations.Store,
            PtxOpcode.WmmaLoadA or PtxOpcode.WmmaLoadB or PtxOpcode.WmmaLoadC => &MatrixOperations.LoadWarp,
            PtxOpcode.WmmaStoreD => &MatrixOperations.StoreWarp,
            _ => throw Unsupported(instruction),
        };
        operation.D = (int)(isStack ? PtxSpace.Local : space);
        // A variable on the stack is relative to the frame; an address in a register is not.
        operation.B = isStack && address.Variable is not null ? 1 : 0;
        operation.A = address.Register is { } pointer ? _registers[pointer.Register].Offset : -1;
        operation.Count = address.Register is { } row ? _registers[row.Register].Width : 8;
        operation.Immediate = offset;
        operation.IsStrong = MemoryOperations.IsStrong(instruction);
        operation.Tracks = _poison.Reads(_current) || Carriers(instruction).Length > 0;
        operation.Bytes = modifiers.Types.Count > 0 ? modifiers.Type.ByteSize() : 4;
        operation.C = instruction.Opcode == PtxOpcode.CpAsync
            && operands[1] is PtxAddress { Register: not null } source ? (int)source.Offset : 0;
        // Four words per lane, in registers of exactly that size: the case that is moved by vectors.
        List<Place> moved = instruction.Opcode == PtxOpcode.St ? sources : [.. results];
        operation.IsQuad = instruction.Opcode is PtxOpcode.Ld or PtxOpcode.Ldu or PtxOpcode.St && operation.Bytes == 4
            && modifiers.Vector == 4 && moved.Count >= 4 && moved.Take(4).All(place => place.Width == 4);
        operation.Extra = AddDetail(instruction, results, [.. sources]);
        _operations.Add(operation);
    }
}
