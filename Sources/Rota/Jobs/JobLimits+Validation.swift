import RotaStore

extension JobLimits {
    func validate(_ check: FieldCheck) throws(SchedulerError) {
        guard self != .none else { return }
        try check.atLeastOne(concurrency, "The concurrency limit")
        try check.atLeastOne(concurrencyPerKey, "The concurrency limit per key")
        try check.number(priority, "The priority", 0...10)
        try check.span(timeToLive, "The time to live")
        if let rate { try validate(rate, "The rate limit", check) }
        try check.number(sharedRates.count, "The number of shared rate limits", 0...20)
        for shared in sharedRates {
            try check.length(of: shared.name, "The name of a shared rate limit", 1...255)
            try validate(shared.limit, "The rate limit “\(shared.name)”", check)
        }
        guard Set(sharedRates.map(\.name)).count == sharedRates.count else {
            throw check.fail("A shared rate limit is named twice; give each name once.")
        }
    }

    private func validate(_ rate: RateLimit, _ name: String, _ check: FieldCheck) throws(SchedulerError) {
        guard rate.maximum >= 1 else {
            throw check.fail("\(name) allows at least 1 start, not \(rate.maximum).", value: "\(rate.maximum)")
        }
        try check.span(rate.window, "The window of \(name)")
    }
}
