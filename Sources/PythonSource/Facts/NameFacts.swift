// SPDX-License-Identifier: Apache-2.0

/// What is wrong or notable with a program's names: a reading by scopes, without running or parsing it fully.
public struct NameFacts: Sendable, Hashable {
    /// Names that are called and bound nowhere. In a program that is not finished they may still be written.
    public var undefinedCalls = 0
    /// Other names that are read and bound nowhere.
    public var undefinedNames = 0
    public var unusedParameters = 0
    public var unusedVariables = 0
    public var unusedImports = 0
    /// Calls whose arguments cannot fit the definition in the same text.
    public var arityMismatches = 0
    public var redefinedFunctions = 0
    /// Functions that nothing in the text mentions; the first function aside, which tests may call.
    public var unmentionedFunctions = 0
    public var shadowedBuiltins = 0
    public var recursiveFunctions = 0
    /// Whether no function is called by one defined after it, recursion aside: the order that chains of functions are asked for.
    public var isTopDown = true
    /// Whether several functions stand in the text, so that their order means something.
    public var hasFunctionOrder = false
    /// All identifiers.
    public var identifiers: Set<String> = []

    init(_ scopes: NameScopes) {
        identifiers = scopes.identifiers
        if !scopes.importsEverything {
            undefinedCalls = scopes.loads.count(where: \.isCalled)
            undefinedNames = scopes.loads.count - undefinedCalls
        }
        for scope in scopes.scopes {
            for (name, binding) in scope.bindings {
                if binding != .importing, scope.kind != .classBody, PythonWords.builtins.contains(name) {
                    shadowedBuiltins += 1
                }
                guard !scope.read.contains(name), !name.hasPrefix("_") else { continue }
                switch binding {
                case .parameter where name != "self" && name != "cls": unusedParameters += 1
                case .assignment where scope.kind == .function: unusedVariables += 1
                case .importing: unusedImports += 1
                default: break
                }
            }
        }
        redefinedFunctions = scopes.redefinedFunctions
        addCalls(scopes)
    }

    private mutating func addCalls(_ scopes: NameScopes) {
        let functions = scopes.functions
        var byName: [String: [Int]] = [:]
        for (index, function) in functions.enumerated() { byName[function.name, default: []].append(index) }
        var callees = [Set<Int>](repeating: [], count: functions.count)
        var called: Set<Int> = []
        for call in scopes.calls {
            guard let named = byName[call.name], named.count == 1, let target = named.first else { continue }
            let function = functions[target]
            guard call.isOnSelf == function.isMethod else { continue }
            if !function.isMethod,
                scopes.scope(of: call.name, from: call.scope) != scopes.scopes[function.scope].parent
            {
                continue
            }
            called.insert(target)
            if let caller = call.function {
                if caller == target { recursiveFunctions += callees[caller].contains(target) ? 0 : 1 }
                callees[caller].insert(target)
            }
            if !function.isDecorated,
                !function.parameters.accepts(call.arguments, leading: function.isMethod ? 1 : 0)
            {
                arityMismatches += 1
            }
        }
        for (index, function) in functions.enumerated().dropFirst() where !called.contains(index) {
            let parent = scopes.scopes[function.scope].parent ?? 0
            let isSpecial = function.name.hasPrefix("__")
            if !isSpecial, !function.isMethod, !scopes.scopes[parent].read.contains(function.name) {
                unmentionedFunctions += 1
            }
        }
        addOrder(callees, scopes)
    }

    /// Functions inside functions have to stand before their use, so only the others are looked at.
    private mutating func addOrder(_ callees: [Set<Int>], _ scopes: NameScopes) {
        let isOuter = scopes.functions.map { function in
            scopes.scopes[function.scope].parent.map { scopes.scopes[$0].kind != .function } ?? true
        }
        hasFunctionOrder = isOuter.count(where: { $0 }) > 1
        for (caller, targets) in callees.enumerated() where isOuter[caller] {
            for target in targets where target < caller && isOuter[target] {
                if !Self.reaches(from: target, to: caller, callees) {
                    isTopDown = false
                    return
                }
            }
        }
    }

    private static func reaches(from start: Int, to end: Int, _ callees: [Set<Int>]) -> Bool {
        var seen: Set<Int> = [start]
        var open = [start]
        while let next = open.popLast() {
            if next == end { return true }
            open.append(contentsOf: callees[next].filter { seen.insert($0).inserted })
        }
        return false
    }
}
