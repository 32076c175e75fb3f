/// A benchmark of one performance goal: a figure and the floor it is compared with, measured in the same process.
struct Benchmark: Sendable {
    /// The goal's id, such as `P2`.
    let id: String
    /// A short name of the figure.
    let title: String
    /// The goal in words.
    let goal: String
    /// Measures at a size, and returns one line for each figure.
    let run: @Sendable (Scale) async throws -> [Figure]
}

/// The amount of work: `full` for figures, `tiny` to check that the benchmark still works.
enum Scale: Sendable {
    case tiny
    case full

    /// The number of iterations: `count` at full size, a hundredth of it (at least one) when tiny.
    func iterations(_ count: Int) -> Int {
        switch self {
        case .tiny: max(1, count / 100)
        case .full: count
        }
    }
}

/// A printed line: a measured value, its unit, and its ratio to a floor.
struct Figure: Sendable {
    var name: String
    var value: Double
    var unit: String
    /// The ratio to the floor, if one was measured, and the name of that floor.
    var ratio: (value: Double, floor: String)?

    init(_ name: String, _ value: Double, _ unit: String, ratio: (value: Double, floor: String)? = nil) {
        self.name = name
        self.value = value
        self.unit = unit
        self.ratio = ratio
    }
}
