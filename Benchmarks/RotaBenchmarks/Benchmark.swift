/// One goal of the project, measured: a figure beside the floor it is compared with, both taken in one run.
struct Benchmark: Sendable {
    /// The goal's id, such as `P2`.
    let id: String
    /// What is measured, in a few words.
    let title: String
    /// The goal as a person would say it.
    let goal: String
    /// Measures at a size and returns what it found, one figure a line.
    let run: @Sendable (Scale) async throws -> [Figure]
}

/// How much work a run does: `full` for figures, `tiny` to see that the benchmark still works.
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

/// One printed line: a measured value, its unit, and how it compares with a floor of the same run.
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
