// swift-tools-version: 6.0
import PackageDescription

// Strict C for the launcher and shims; unsafe flags are allowed in a root package.
let strictC: [CSetting] = [.unsafeFlags(["-Wall", "-Wextra", "-Werror"])]

let strictSwift: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
]

/// Numerical code is optimised in debug builds too: vectors without optimisation take a hundred times as long, and tests with them.
let optimised: [SwiftSetting] = strictSwift + [.unsafeFlags(["-O"], .when(configuration: .debug))]

func library(
    _ name: String, _ dependencies: [Target.Dependency] = [], path: String? = nil, exclude: [String] = [],
    resources: [Resource] = [], settings: [SwiftSetting] = strictSwift
) -> Target {
    .target(
        name: name, dependencies: dependencies, path: path, exclude: exclude, resources: resources,
        swiftSettings: settings)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource] = []) -> Target {
    .testTarget(
        name: name + "Tests", dependencies: dependencies + ["Fixtures"], path: "Tests/\(name)Tests",
        resources: resources,
        swiftSettings: strictSwift)
}

/// The Python half of the execution engine, embedded so that the program needs no files beside it.
let pythonModules = [
    "zygote", "wire", "limits", "sanitize", "judge", "run_program", "serve", "tripwire",
    "grade_humaneval", "grade_evalplus", "grade_evalplus_inputs", "grade_evalplus_inprocess",
    "grade_livecodebench", "grade_livecodebench_official", "grade_livecodebench_strict",
    "grade_bigcodebench", "grade_bigcodebench_guard", "grade_bigcodebench_evidence",
]

/// The selectors that compete, one folder each: `Plugins/<name>`, with tests in `Tests/<name>Tests`.
let contestants = [
    "Baselines",
    "ExecutionAgreement",
    "FunPRM",
    "Judges",
    "LinePRM",
    "OutcomeRewardModel",
    "SelfCertainty",
]

/// A contestant sees nothing but the vocabulary and Python text.
func contestant(_ name: String) -> [Target] {
    [
        library(name, ["SelectorKit", "PythonSource"], path: "Plugins/\(name)", exclude: ["README.md"]),
        tests(name, [.target(name: name), "SelectorKit", "PythonSource", "SelectorTesting"]),
    ]
}

let grdb: Target.Dependency = .product(name: "GRDB", package: "GRDB.swift")
let yams: Target.Dependency = .product(name: "Yams", package: "Yams")
let argumentParser: Target.Dependency = .product(name: "ArgumentParser", package: "swift-argument-parser")

let package = Package(
    name: "BestOfN",
    products: [
        .executable(name: "bestofn", targets: ["bestofn"]),
        .library(name: "SelectorKit", targets: ["SelectorKit"]),
        .library(name: "PythonSource", targets: ["PythonSource"]),
        .library(name: "SelectorTesting", targets: ["SelectorTesting"]),
    ],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.0"),
    ],
    targets: [
        // System libraries and C.
        .systemLibrary(name: "CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .systemLibrary(name: "CCurl", pkgConfig: "libcurl", providers: [.apt(["libcurl4-openssl-dev"])]),
        .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
        .systemLibrary(name: "COpenBLAS", pkgConfig: "openblas", providers: [.apt(["libopenblas-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(name: "CBonBox", cSettings: strictC),
        .executableTarget(name: "bonbox", dependencies: ["CBonBox"], cSettings: strictC),

        // What a plugin sees.
        library("SelectorKit"),
        library("PythonSource"),
        library("Statistics"),

        // The house.
        library("ContentHash", ["CCrypto"]),
        library("JSONReading"),
        library(
            "Datasets", ["SelectorKit", "PythonSource", "ContentHash", "Statistics", "JSONReading", "CZlib", yams]),
        library(
            "Execution", ["SelectorKit", "Datasets", "PythonSource", "ContentHash", "CBonBox"],
            resources: pythonModules.map { .embedInCode("Python/\($0).py") }),
        library("RunStore", ["SelectorKit", "ContentHash", grdb]),
        library("LanguageModels", ["SelectorKit", "ContentHash", "JSONReading", "CCurl"]),
        library(
            "Generation",
            ["SelectorKit", "Datasets", "LanguageModels", "RunStore", "PythonSource", "ContentHash", "CZlib"]),
        library("PluginHost", ["SelectorKit"]),
        library("LinearAlgebra", ["COpenBLAS"], settings: optimised),
        library("LocalServer"),
        library(
            "LatticeServer", ["Datasets", "LanguageModels", "LocalServer", "Statistics", "ContentHash"]),
        library("Safetensors"),
        library(
            "RewardModels",
            [
                "SelectorKit", "PythonSource", "LanguageModels", "LinearAlgebra", "Safetensors", "ContentHash",
                "Statistics", "Transformer",
            ]),
        library("Transformer", ["JSONReading", "LinearAlgebra", "Safetensors"], settings: optimised),
        library(
            "Training",
            [
                "SelectorKit", "PythonSource", "RewardModels", "Transformer", "LinearAlgebra", "Safetensors",
                "ContentHash",
                "Statistics",
            ]),
        library(
            "Evaluation",
            [
                "SelectorKit", "Datasets", "Execution", "RunStore", "ContentHash", "LanguageModels", "PluginHost",
                "RewardModels", "Transformer", "Safetensors", "Training", "PythonSource", "Statistics", "Metrics",
                "Generation",
                yams,
            ]),
        library("Metrics", ["RunStore", "Statistics", "SelectorKit", "PythonSource", "ContentHash"]),
        library("Reporting", ["Metrics", "RunStore", "Statistics", "SelectorKit", "CLibXML2"]),
        library("SelectorTesting", ["SelectorKit"]),

        .plugin(
            name: "NewSelector",
            capability: .command(
                intent: .custom(verb: "new-selector", description: "Writes a new selector with its test."),
                permissions: [
                    .writeToPackageDirectory(reason: "It writes the selector, its test, and a line into the manifest.")
                ])),

        // The front door.
        .executableTarget(
            name: "bestofn",
            dependencies: [
                "Evaluation", "Execution", "Datasets", "RunStore", "Metrics", "Reporting", "SelectorKit",
                "PythonSource", "ContentHash", "PluginHost", "RewardModels", "Safetensors", "SelectorTesting",
                "Training", "Transformer", "LinearAlgebra", "Statistics", "Generation", "LanguageModels", "LocalServer",
                "LatticeServer",
                "CLibXML2", argumentParser, yams, grdb, "bonbox",
            ] + contestants.map { .target(name: $0) },
            swiftSettings: strictSwift),

        // Tests mirror the targets.
        .target(name: "Fixtures", dependencies: ["LocalServer"], path: "Tests/Fixtures", swiftSettings: strictSwift),
        tests("SelectorKit", ["SelectorKit", "SelectorTesting"]),
        tests("PythonSource", ["PythonSource"]),
        tests("Statistics", ["Statistics"]),
        tests("Datasets", ["Datasets", "SelectorKit", "ContentHash", "JSONReading"]),
        tests("Execution", ["Execution", "Datasets", "SelectorKit", "bonbox"]),
        tests("LanguageModels", ["LanguageModels", "SelectorKit"]),
        tests("LocalServer", ["LocalServer"]),
        tests("LatticeServer", ["LatticeServer", "Datasets", "LanguageModels"]),
        tests("Generation", ["Generation", "Datasets", "LanguageModels", "RunStore", "SelectorKit"]),
        tests("PluginHost", ["PluginHost", "SelectorKit", "SelectorTesting"]),
        tests("RewardModels", ["RewardModels", "LanguageModels", "SelectorKit", "Safetensors", "Transformer"]),
        tests("Safetensors", ["Safetensors"]),
        tests("Transformer", ["Transformer", "Safetensors"]),
        tests("Training", ["Training", "RewardModels", "Transformer", "PythonSource", "SelectorKit", "ContentHash"]),
        tests("RunStore", ["RunStore", "SelectorKit", grdb]),
        tests(
            "Evaluation",
            [
                "Evaluation", "Execution", "Datasets", "LanguageModels", "RewardModels", "RunStore", "SelectorKit",
                "SelectorTesting", "Baselines", "ExecutionAgreement", "PythonSource", "Training", "ContentHash",
                "Generation", "bonbox", grdb,
            ]),
        tests("Metrics", ["Metrics", "RunStore", "SelectorKit", "Statistics"]),
        tests(
            "Reporting", ["Reporting", "Metrics", "RunStore", "SelectorKit", "CLibXML2"],
            resources: [.copy("junit.xsd")]),
        tests("CommandLine", ["bestofn", "bonbox", "LanguageModels", "RewardModels", "SelectorKit", yams]),
    ] + contestants.flatMap { contestant($0) },
    swiftLanguageModes: [.v6],
    cLanguageStandard: .gnu11
)
