// swift-tools-version: 6.2

import PackageDescription

// The release-built half of schedule-fuzz.sh, schedule-compare.py and schedule-allocations.sh. Not part of the library.
let package = Package(
    name: "schedule-tool",
    platforms: [.macOS(.v15)],
    dependencies: [.package(name: "rota", path: "../../..")],
    targets: [
        .executableTarget(
            name: "schedule-tool",
            dependencies: [
                .product(name: "RotaSchedule", package: "rota"), .product(name: "RotaTesting", package: "rota"),
            ])
    ]
)
