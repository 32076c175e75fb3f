import Foundation
import RotaSchedule

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#elseif canImport(Darwin)
    import Darwin
#endif

/// Prints how often `next` calls malloc, and returns whether it never does.
///
/// A control shows that the counter works.
func countAllocations() -> Bool {
    typealias Count = @convention(c) () -> Int
    guard let symbol = dlsym(dlopen(nil, RTLD_NOW), "rota_malloc_count") else {
        print("the counter is not preloaded; run schedule-allocations.sh")
        return false
    }
    let count = unsafeBitCast(symbol, to: Count.self)
    let dates = (0..<1_000).map { Date(timeIntervalSince1970: Double($0) * 1_100_000) }
    var none = true
    for text in ["* * * * *", "30 9 * * 1-5", "0 0 29 2 *", "15 30 2 L * +FRI"] {
        for identifier in ["GMT", "America/New_York", "Asia/Kolkata"] {
            guard let zone = TimeZone(identifier: identifier), let expression = try? CronExpression(text) else {
                continue
            }
            var sum = 0.0
            // The zone is read on first use.
            sum += expression.next(after: dates[0], in: zone)?.timeIntervalSince1970 ?? 0
            let before = count()
            for date in dates { sum += expression.next(after: date, in: zone)?.timeIntervalSince1970 ?? 0 }
            let allocated = count() - before
            print("\(text) in \(identifier): \(allocated) allocations in 1,000 calls (sum \(Int(sum)))")
            none = none && allocated == 0
        }
    }
    let before = count()
    var texts: [String] = []
    for date in dates { texts.append("\(date.timeIntervalSince1970) seconds, as text that is long") }
    let control = count() - before
    print("control: \(control) allocations for \(texts.count) texts")
    return none && control >= 1_000
}
