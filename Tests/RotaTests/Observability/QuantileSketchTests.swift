import Foundation
import RotaCore
import RotaTesting
import Testing

@testable import Rota

@Suite("Quantile sketch")
struct QuantileSketchTests {
    enum Shape: CaseIterable {
        case uniform, exponential, heavy, equal
    }

    @Test("Every quantile is within the stated relative error of the exact one", arguments: Shape.allCases)
    func error(shape: Shape) {
        var random = SeededGenerator(seed: 7)
        var sketch = QuantileSketch()
        var values: [Double] = []
        for _ in 0..<20_000 {
            let unit = Double.random(in: 1e-9..<1, using: &random)
            let seconds =
                switch shape {
                case .uniform: unit
                case .exponential: -log(unit) / 100
                case .heavy: 1e-6 * pow(1e12, unit)
                case .equal: 0.25
                }
            let duration = Duration(clamping: seconds)
            values.append(duration.inSeconds)
            sketch.add(duration)
        }
        values.sort()
        for part in [0.001, 0.01, 0.1, 0.25, 0.5, 0.75, 0.9, 0.99, 0.999, 1] {
            let exact = values[max(1, Int((part * Double(values.count)).rounded(.up))) - 1]
            let told = sketch.quantile(part)?.inSeconds ?? -1
            if exact >= 1e-6 {
                #expect(abs(told - exact) <= exact * QuantileSketch.relativeError * 1.000_001)
            } else {
                #expect(told == 0)
            }
        }
        #expect(sketch.count == 20_000)
        #expect(abs(sketch.sum - values.reduce(0, +)) <= 1e-9 * sketch.sum)
    }

    @Test("Empty sketches and zero, negative and huge durations do not trap")
    func edges() {
        var sketch = QuantileSketch()
        #expect(sketch.quantile(0.5) == nil)
        sketch.add(.zero)
        sketch.add(.seconds(-5))
        #expect(sketch.quantile(1) == .zero)
        sketch.add(.seconds(Int64.max))
        sketch.add(.nanoseconds(999))
        #expect(sketch.quantile(0.75) == .zero)
        #expect((sketch.quantile(1) ?? .zero) > .seconds(900_000_000))
        #expect(sketch.quantile(.nan) != nil)
        #expect(sketch.quantile(-1) == .zero)
    }

    @Test("A label value beyond the bound counts as other")
    func attributes() {
        var counts = LabeledCounts()
        for number in 0..<100 { counts.add("l\(number)") }
        counts.add("l0", 4)
        #expect(counts.values.count == 65)
        #expect(counts.values["other"] == 36)
        #expect(counts.values["l0"] == 5)
    }
}
