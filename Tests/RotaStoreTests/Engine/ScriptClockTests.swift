import Foundation
import RotaCore
import RotaTesting
import Testing

@Suite struct ScriptClockTests {
    @Test("A script's clock is corrected before a store may forget a start made while it was ahead")
    func setRight() {
        var random = SplitMix64(seed: 5)
        var clock = ScriptClock()
        var (aheadSince, latest) = (Date.distantPast, Date.distantPast)
        var (jumps, longest) = (0, 0.0)
        for _ in 0..<20_000 {
            let wasRight = clock.jump == 0
            clock.move(using: &random)
            if wasRight, clock.jump > 0 {
                #expect(clock.now - clock.jump > latest + 40, "It was ahead before, and has shown these dates.")
                aheadSince = clock.now
                jumps += 1
            }
            guard clock.jump > 0 else { continue }
            longest = max(longest, clock.now.timeIntervalSince(aheadSince))
            latest = clock.now
        }
        #expect(longest < 40 && longest > 20 && jumps > 50, "\(jumps) jumps, of \(longest) s at most")
    }
}
