import RotaCore
import Testing

@Suite("Readable durations")
struct ReadableDurationTests {
    @Test(
        "A duration is rounded to three digits, or to its two largest units",
        arguments: [
            (Duration.zero, "0 s"), (.seconds(1.9794026613235474), "1.98 s"), (.seconds(5), "5 s"),
            (.milliseconds(1500), "1.5 s"), (.milliseconds(250), "250 ms"), (.microseconds(1234), "1.23 ms"),
            (.microseconds(7), "7 µs"), (.nanoseconds(25), "25 ns"), (.milliseconds(-250), "-250 ms"),
            (.seconds(0.9996), "1 s"), (.milliseconds(59_949), "59.9 s"), (.milliseconds(59_950), "1 min"),
            (.seconds(125), "2 min 5 s"), (.milliseconds(90_499), "1 min 30 s"), (.milliseconds(3_599_500), "1 h"),
            (.seconds(5400), "1 h 30 min"), (.seconds(86_370), "1 d"), (.seconds(273_600), "3 d 4 h"),
            (.seconds(366 * 86_400), "366 d"), (.seconds(-90), "-1 min 30 s"),
            (.seconds(Int64.max), "10,000 years or more"),
        ])
    func rounded(_ duration: Duration, _ text: String) {
        #expect(duration.text == text)
    }

    @Test(
        "The exact text leaves nothing out",
        arguments: [
            (Duration.zero, "0 s"), (.seconds(3600) + .milliseconds(1), "1 h 1 ms"), (.milliseconds(1001), "1.001 s"),
            (.seconds(60), "1 min"), (.nanoseconds(59_999_999_999), "59.999999999 s"), (.seconds(-1), "-1 s"),
            (.seconds(90_061), "1 d 1 h 1 min 1 s"),
            (Duration(secondsComponent: 0, attosecondsComponent: 5), "0.000000005 ns"),
        ])
    func exact(_ duration: Duration, _ text: String) {
        #expect(duration.exactText == text)
    }
}
