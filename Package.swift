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

/// The modules in dependency order: each may import only those above it.
let package = Package(
    name: "rota",
    platforms: [.macOS(.v15), .iOS(.v18), .tvOS(.v18), .watchOS(.v11), .visionOS(.v2)],
    products: [
        .library(name: "RotaSchedule", targets: ["RotaSchedule"]),
        .library(name: "RotaRetry", targets: ["RotaRetry"]),
        .library(name: "RotaHTTP", targets: ["RotaHTTP"]),
        .library(name: "RotaJSONSchema", targets: ["RotaJSONSchema"]),
        .library(name: "RotaCURL", targets: ["RotaCURL"]),
        .library(name: "RotaStore", targets: ["RotaStore"]),
        .library(name: "Rota", targets: ["Rota"]),
        .library(name: "RotaCommands", targets: ["RotaCommands"]),
        .library(name: "RotaTesting", targets: ["RotaTesting"]),
        .library(name: "RotaProfiles", targets: ["RotaProfiles"]),
        .library(name: "RotaAPI", targets: ["RotaAPI"]),
        .library(name: "RotaPostgres", targets: ["RotaPostgres"]),
        .executable(name: "rota", targets: ["RotaCommandLine"]),
    ],
    traits: [
        .trait(name: "SQLite", description: "Benchmarks compare the file store with the system's SQLite."),
        .trait(name: "Postgres", description: "RotaPostgres keeps jobs in PostgreSQL, through the system's libpq."),
    ],
    targets: [
        .target(name: "RotaCore", swiftSettings: settings),
        .target(name: "RotaSchedule", dependencies: ["RotaCore"], swiftSettings: settings),
        .target(name: "RotaRetry", dependencies: ["RotaCore"], swiftSettings: settings),
        .target(name: "RotaHTTP", dependencies: ["RotaCore"], swiftSettings: settings),
        .target(name: "RotaJSONSchema", dependencies: ["RotaHTTP"], swiftSettings: settings),
        // libcurl's interface, declared without its headers. The library itself is found at run time.
        .target(name: "CRotaCURL"),
        .target(
            name: "RotaCURL", dependencies: ["CRotaCURL", "RotaCore", "RotaHTTP"], swiftSettings: settings),
        .target(
            name: "RotaStore",
            dependencies: ["RotaCore", "RotaSchedule", "RotaRetry", "RotaHTTP", "RotaJSONSchema"],
            swiftSettings: settings),
        .target(
            name: "Rota",
            dependencies: [
                "RotaCore", "RotaSchedule", "RotaRetry", "RotaHTTP", "RotaJSONSchema", "RotaStore",
                .target(name: "RotaCURL", condition: .when(platforms: [.linux])),
            ],
            swiftSettings: settings),
        // Sockets, and an HTTP server on them: that of `rota serve`, and what the server of the tests shares with it.
        .target(name: "RotaServer", dependencies: ["RotaHTTP"], swiftSettings: settings),
        .target(
            name: "RotaTesting",
            dependencies: [
                "CRotaCommands", "Rota", "RotaCore", "RotaSchedule", "RotaRetry", "RotaHTTP", "RotaJSONSchema",
                "RotaStore", "RotaServer",
            ], swiftSettings: settings),
        // The system's calls for child processes, as far as Swift cannot see them.
        .target(name: "CRotaCommands"),
        .target(
            name: "RotaCommands",
            dependencies: ["CRotaCommands", "Rota", "RotaCore", "RotaHTTP", "RotaStore"],
            swiftSettings: settings),
        .target(
            name: "RotaProfiles", dependencies: ["RotaCore", "RotaSchedule", "RotaRetry", "RotaHTTP", "RotaStore"],
            swiftSettings: settings),
        .target(
            name: "RotaAPI",
            dependencies: [
                "Rota", "RotaCore", "RotaSchedule", "RotaRetry", "RotaHTTP", "RotaJSONSchema", "RotaStore",
                "RotaProfiles",
            ], resources: [.embedInCode("Page/index.html")], swiftSettings: settings),
        // The commands of the program `rota`. The program itself is not called so, because that name and `Rota` are one
        // on disks that ignore case.
        .target(
            name: "RotaCLI",
            dependencies: [
                "Rota", "RotaAPI", "RotaCore", "RotaHTTP", "RotaProfiles", "RotaSchedule", "RotaServer", "RotaStore",
            ], swiftSettings: settings),
        .executableTarget(name: "RotaCommandLine", dependencies: ["RotaCLI"], swiftSettings: settings),
        // Without the trait this module is empty and libpq is not needed: its sources are inside `#if Postgres`, since
        // a trait is a compilation condition too.
        .target(
            name: "RotaPostgres",
            dependencies: [
                "Rota", "RotaCore", "RotaHTTP", "RotaRetry", "RotaStore",
                .target(name: "CLibPQ", condition: .when(traits: ["Postgres"])),
            ],
            swiftSettings: settings),
        .systemLibrary(
            name: "CLibPQ", path: "Sources/CLibPQ", pkgConfig: "libpq",
            providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),

        .target(name: "RotaTestSupport", path: "Tests/Support", swiftSettings: settings),
        .testTarget(name: "RotaCoreTests", dependencies: ["RotaCore", "RotaTesting"], swiftSettings: settings),
        .testTarget(
            name: "RotaScheduleTests", dependencies: ["RotaCore", "RotaSchedule", "RotaTesting", "RotaTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RotaRetryTests",
            dependencies: ["RotaCore", "RotaRetry", "RotaTesting", "RotaTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RotaHTTPTests",
            dependencies: ["RotaCore", "RotaHTTP", "RotaTesting", "RotaTestSupport", "crash-child"],
            swiftSettings: settings),
        .testTarget(
            name: "RotaJSONSchemaTests",
            dependencies: ["RotaHTTP", "RotaJSONSchema", "RotaTesting", "RotaTestSupport"], swiftSettings: settings),
        .testTarget(
            name: "RotaCURLTests",
            dependencies: ["CRotaCURL", "RotaCURL", "RotaCore", "RotaHTTP", "RotaTesting", "RotaTestSupport"],
            swiftSettings: settings),
        .testTarget(
            name: "RotaStoreTests",
            dependencies: [
                "RotaCore", "RotaSchedule", "RotaRetry", "RotaHTTP", "RotaJSONSchema", "RotaStore", "RotaTesting",
                "RotaTestSupport", "crash-child",
            ], resources: [.copy("Fixtures")], swiftSettings: settings),
        .testTarget(
            name: "RotaTests",
            dependencies: [
                "Rota", "RotaCommands", "RotaCore", "RotaSchedule", "RotaRetry", "RotaHTTP", "RotaJSONSchema",
                "RotaStore", "RotaProfiles", "RotaTesting", "RotaTestSupport",
            ], swiftSettings: settings),
        // An app whose code is on the main actor by default. It must compile without a warning.
        .testTarget(
            name: "RotaMainActorTests", dependencies: ["Rota", "RotaTesting"],
            swiftSettings: [
                .swiftLanguageMode(.v6), .defaultIsolation(MainActor.self), .treatAllWarnings(as: .error),
                .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
            ]),
        .testTarget(
            name: "RotaCommandsTests",
            dependencies: ["CRotaCommands", "Rota", "RotaCommands", "RotaHTTP", "RotaStore", "RotaTesting", "crond"],
            swiftSettings: settings),
        .testTarget(
            name: "RotaProfilesTests",
            dependencies: [
                "Rota", "RotaHTTP", "RotaProfiles", "RotaRetry", "RotaSchedule", "RotaStore", "RotaTesting",
                "RotaTestSupport",
            ], swiftSettings: settings),
        .testTarget(
            name: "RotaAPITests",
            dependencies: [
                "Rota", "RotaAPI", "RotaCore", "RotaHTTP", "RotaProfiles", "RotaRetry", "RotaSchedule", "RotaStore",
                "RotaTesting", "RotaTestSupport",
            ], swiftSettings: settings),
        .testTarget(
            name: "RotaPostgresTests",
            dependencies: [
                "Rota", "RotaCore", "RotaHTTP", "RotaJSONSchema", "RotaPostgres", "RotaSchedule", "RotaStore",
                "RotaTesting", "RotaTestSupport",
            ],
            swiftSettings: settings),
        .testTarget(
            name: "RotaServerTests", dependencies: ["RotaHTTP", "RotaServer", "RotaTesting"], swiftSettings: settings),
        .testTarget(
            name: "RotaCLITests",
            dependencies: [
                "Rota", "RotaAPI", "RotaCLI", "RotaCommandLine", "RotaCore", "RotaHTTP", "RotaServer", "RotaStore",
                "RotaTesting", "RotaTestSupport",
            ], swiftSettings: settings),
        .testTarget(
            name: "RotaTestingTests",
            dependencies: ["Rota", "RotaHTTP", "RotaRetry", "RotaSchedule", "RotaStore", "RotaTesting"],
            swiftSettings: settings),

        .executableTarget(
            name: "crash-child",
            dependencies: [
                "RotaCore", "RotaHTTP", "RotaStore", "RotaTesting",
                .target(name: "RotaCURL", condition: .when(platforms: [.linux])),
            ],
            path: "Tests/CrashChild",
            swiftSettings: settings),
        // A process of a fleet on PostgreSQL, which Tests/Scripts/fleet-kill kills.
        .executableTarget(
            name: "fleet-child", dependencies: ["Rota", "RotaPostgres", "RotaStore", "RotaTesting"],
            path: "Tests/FleetChild", swiftSettings: settings),
        .executableTarget(
            name: "quickstart", dependencies: ["Rota", "RotaTesting"], path: "Examples/Quickstart",
            swiftSettings: settings),
        .executableTarget(
            name: "webhooks", dependencies: ["Rota", "RotaTesting"], path: "Examples/Webhooks", swiftSettings: settings),
        .executableTarget(
            name: "daily-report", dependencies: ["Rota"], path: "Examples/DailyReport", swiftSettings: settings),
        .executableTarget(
            name: "crond", dependencies: ["Rota", "RotaCommands"], path: "Examples/Crond", swiftSettings: settings),
        .executableTarget(
            name: "fleet", dependencies: ["Rota", "RotaPostgres"], path: "Examples/Fleet", swiftSettings: settings),
        .executableTarget(
            name: "benchmarks",
            dependencies: [
                "Rota", "RotaAPI", "RotaTesting", .target(name: "CBareLoop", condition: .when(platforms: [.linux])),
                .target(name: "CSQLite", condition: .when(traits: ["SQLite"])),
                .target(name: "RotaPostgres", condition: .when(traits: ["Postgres"])),
            ], path: "Benchmarks/RotaBenchmarks", swiftSettings: settings),
        .target(name: "CBareLoop", path: "Benchmarks/CBareLoop"),
        .systemLibrary(name: "CSQLite", path: "Benchmarks/CSQLite", providers: [.apt(["libsqlite3-dev"])]),
    ]
)
