// swift-tools-version: 6.2

import PackageDescription

let settings: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// The modules in the order of the house: each may import only those above it.
let package = Package(
    name: "rota",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "RotaSchedule", targets: ["RotaSchedule"]),
        .library(name: "RotaRetry", targets: ["RotaRetry"]),
        .library(name: "RotaHTTP", targets: ["RotaHTTP"]),
        .library(name: "RotaStore", targets: ["RotaStore"]),
        .library(name: "Rota", targets: ["Rota"]),
        .library(name: "RotaTesting", targets: ["RotaTesting"]),
    ],
    traits: [
        .trait(name: "SQLite", description: "Benchmarks compare the file store with the system's SQLite.")
    ],
    targets: [
        .target(name: "RotaSchedule", swiftSettings: settings),
        .target(name: "RotaRetry", swiftSettings: settings),
        .target(name: "RotaHTTP", swiftSettings: settings),
        .target(name: "RotaStore", dependencies: ["RotaSchedule", "RotaRetry", "RotaHTTP"], swiftSettings: settings),
        .target(
            name: "Rota", dependencies: ["RotaSchedule", "RotaRetry", "RotaHTTP", "RotaStore"], swiftSettings: settings),
        .target(name: "RotaTesting", dependencies: ["Rota"], swiftSettings: settings),

        .testTarget(name: "RotaScheduleTests", dependencies: ["RotaSchedule"], swiftSettings: settings),
        .testTarget(name: "RotaRetryTests", dependencies: ["RotaRetry"], swiftSettings: settings),
        .testTarget(name: "RotaHTTPTests", dependencies: ["RotaHTTP", "RotaTesting"], swiftSettings: settings),
        .testTarget(
            name: "RotaStoreTests", dependencies: ["RotaStore", "RotaTesting", "crash-child"], swiftSettings: settings),
        .testTarget(name: "RotaTests", dependencies: ["Rota", "RotaTesting"], swiftSettings: settings),
        .testTarget(name: "RotaTestingTests", dependencies: ["RotaTesting"], swiftSettings: settings),

        .executableTarget(
            name: "crash-child", dependencies: ["RotaStore", "RotaTesting"], path: "Tests/CrashChild",
            swiftSettings: settings),
        .executableTarget(
            name: "quickstart", dependencies: ["Rota", "RotaTesting"], path: "Examples/Quickstart",
            swiftSettings: settings),
        .executableTarget(
            name: "daily-report", dependencies: ["Rota"], path: "Examples/DailyReport", swiftSettings: settings),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "Rota", "RotaTesting", .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
            ], path: "Benchmarks/RotaBenchmarks", swiftSettings: settings),
        .systemLibrary(name: "CSQLite", path: "Benchmarks/CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    ]
)
