extension Duration {
    /// The duration in whole milliseconds, cut towards zero, or `nil` if it does not fit.
    var wholeMilliseconds: Int64? {
        let (seconds, attoseconds) = components
        let (product, tooLarge) = seconds.multipliedReportingOverflow(by: 1_000)
        let (sum, overflow) = product.addingReportingOverflow(attoseconds / 1_000_000_000_000_000)
        return tooLarge || overflow ? nil : sum
    }

    /// The duration in seconds, as near as a floating-point number comes.
    var inSeconds: Double {
        Double(components.seconds) + Double(components.attoseconds) / 1e18
    }
}
