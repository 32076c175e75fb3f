import Foundation
import RotaCore
import RotaTesting
import Testing

@Suite struct ISO8601Tests {
    @Test("An exact text is read back as the very same date")
    func exact() {
        var random = SeededGenerator(seed: 1)
        for _ in 0..<10_000 {
            let date = Date(timeIntervalSinceReferenceDate: Double.random(in: -9e10...4e11, using: &random))
            #expect(ISO8601.exactDate(ISO8601.exact(date)) == date)
        }
        #expect(ISO8601.exactDate(ISO8601.exact(.distantFuture)) == .distantFuture)
    }
}
