extension CronSyntaxError {
    init(_ failure: CronParser.Failure, in text: String) {
        let utf8 = text.utf8
        func index(_ offset: Int, roundingUp: Bool) -> String.Index {
            let place =
                utf8.index(utf8.startIndex, offsetBy: max(0, offset), limitedBy: utf8.endIndex) ?? utf8.endIndex
            // A caret stands under whole characters.
            let character = text.rangeOfComposedCharacter(at: place)
            return roundingUp && character.lowerBound < place ? character.upperBound : character.lowerBound
        }
        let lower = index(failure.range.lowerBound, roundingUp: false)
        let upper = max(lower, index(failure.range.upperBound, roundingUp: true))
        self.init(
            code: failure.code, text: text, range: lower..<upper, field: failure.field?.name, found: failure.found,
            expected: failure.expected, hint: failure.hint)
    }
}

extension String {
    /// The character that an index lies in, or the empty range at the end.
    fileprivate func rangeOfComposedCharacter(at place: Index) -> Range<Index> {
        guard place < endIndex else { return endIndex..<endIndex }
        var lower = startIndex
        while lower < endIndex {
            let upper = index(after: lower)
            if place < upper { return lower..<upper }
            lower = upper
        }
        return endIndex..<endIndex
    }
}
