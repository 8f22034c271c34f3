// SPDX-License-Identifier: Apache-2.0

/// Steps that end with a function: FunPRM's.
///
/// A step ends with the last line of a `def` or `async def` that stands directly in the module or in a class body. What lies between two functions (comments,
/// constants, class headers, decorators) begins the later one's step; imports begin the first; what follows the last function (a main guard, calls) ends the
/// last. Functions inside functions or inside `if`, `try` and the like are no steps of their own. A program without functions is one step.
public struct FunctionStepper: Stepper {
    /// Whether functions inside functions end steps too.
    public var includesNested: Bool
    /// Whether code after the last function is a step of its own.
    public var separatesTail: Bool
    public var limits: StepLimits

    public init(includesNested: Bool = false, separatesTail: Bool = false, limits: StepLimits = StepLimits()) {
        self.includesNested = includesNested
        self.separatesTail = separatesTail
        self.limits = limits
    }

    public var name: String { "function" }
    public var options: String { "nested=\(includesNested) tail=\(separatesTail) \(limits)" }

    public func steps(of text: String) -> Steps {
        Outlined(text).steps(limits: limits) { outline, cuts in
            cuts.add(outline.functions.filter { includesNested || !$0.isNested })
            if separatesTail { cuts.addTail(outline) }
        }
    }
}

/// Steps that end with a function's docstring or with its last line: finer than functions, in the manner of cutting after closing triple quotes.
public struct DocstringStepper: Stepper {
    public var limits: StepLimits

    public init(limits: StepLimits = StepLimits()) { self.limits = limits }

    public var name: String { "docstring" }
    public var options: String { "\(limits)" }

    public func steps(of text: String) -> Steps {
        Outlined(text).steps(limits: limits) { outline, cuts in
            let functions = outline.functions.filter { !$0.isNested }
            cuts.add(functions)
            for function in functions {
                if let docstring = function.docstring { cuts.add(docstring, of: function) }
            }
        }
    }
}

/// A text with its functions.
private struct Outlined {
    let text: String
    let outline: FunctionOutline
    let isWellFormed: Bool

    init(_ text: String) {
        var text = text
        (outline, isWellFormed) = text.withUTF8 { bytes in
            let scan = PythonScan(bytes)
            return (FunctionOutline(scan, in: bytes), scan.isWellFormed)
        }
        self.text = text
    }

    /// One step where the structure cannot be trusted.
    func steps(limits: StepLimits, _ choose: (FunctionOutline, inout StepCuts) -> Void) -> Steps {
        var cuts = StepCuts()
        if isWellFormed { choose(outline, &cuts) }
        cuts.sort()
        return cuts.steps(of: text, isWellFormed: isWellFormed, limits: limits)
    }
}

extension StepCuts {
    fileprivate mutating func add(_ functions: [FunctionOutline.Function]) {
        for function in functions {
            cuts.append(
                Cut(
                    end: function.bytes.upperBound, kind: function.isMethod ? .method : .function, name: function.name,
                    lines: function.lines))
        }
    }

    fileprivate mutating func add(_ docstring: FunctionOutline.Docstring, of function: FunctionOutline.Function) {
        cuts.append(
            Cut(
                end: docstring.end, kind: .docstring, name: function.name,
                lines: function.lines.lowerBound...docstring.lastLine))
    }

    /// Cuts after the last function, where code follows it.
    fileprivate mutating func addTail(_ outline: FunctionOutline) {
        guard let last = cuts.max(by: { $0.end < $1.end }), outline.codeEnd > last.end else { return }
        cuts.append(
            Cut(end: outline.codeEnd, kind: .tail, name: nil, lines: last.lines.upperBound + 1...outline.lastLine))
    }

    /// Of those that end at the same place, the outermost stays.
    fileprivate mutating func sort() {
        cuts.sort { ($0.end, $0.lines.lowerBound) < ($1.end, $1.lines.lowerBound) }
        var last = -1
        cuts.removeAll { cut in
            defer { last = cut.end }
            return cut.end == last
        }
    }
}
