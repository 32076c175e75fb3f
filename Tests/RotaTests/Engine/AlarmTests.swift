import Foundation
import RotaTesting
import Testing

@testable import Rota

@Suite("Alarm")
struct AlarmTests {
    @Test("An alarm rings on time, ignores a later date, and moves to an earlier one")
    func rings() async {
        let clock = ManualClock()
        let start = clock.now
        let signal = Signal()
        let alarm = Alarm(clock: clock, signal: signal, owner: "test", thread: ThreadExecutor(name: "alarm"))
        alarm.set(for: start + 100, at: start)
        await sleeper(on: clock, until: start + 100)
        alarm.set(for: start + 200, at: start)
        #expect(clock.nextDeadline == start + 100)

        alarm.set(for: start + 50, at: start)
        await sleeper(on: clock, until: start + 50)
        #expect(clock.sleeperCount == 1, "the old one is off the clock")
        #expect(!signal.isRaised)
        clock.set(to: start + 50)
        await signal.wait()
        #expect(signal.lower())

        // After it rang, it can be set again, also for a later date.
        alarm.set(for: start + 300, at: clock.now)
        await sleeper(on: clock, until: start + 300)
        alarm.cancel()
        #expect(clock.sleeperCount == 0)
    }

    @Test("An alarm is set again after the clock was put forward past its date")
    func clockPutForward() async {
        let clock = ManualClock()
        let start = clock.now
        let alarm = Alarm(clock: clock, signal: Signal(), owner: "test", thread: ThreadExecutor(name: "alarm"))
        alarm.set(for: start + 100, at: start)
        await sleeper(on: clock, until: start + 100)
        alarm.set(for: start + 500, at: start + 400)
        await sleeper(on: clock, until: start + 500)
        #expect(clock.sleeperCount == 1)
        alarm.cancel()
    }

    /// Waits until the earliest deadline on the clock is this date.
    private func sleeper(on clock: ManualClock, until date: Date) async {
        while clock.nextDeadline != date {
            let count = clock.activity
            if clock.nextDeadline == date { return }
            await clock.nextActivity(after: count)
        }
    }
}
