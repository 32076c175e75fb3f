/// English for sets of numbers and for lists of words.
enum CronPhrase {
    static let weekdays = ["Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"]
    static let months = [
        "January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November",
        "December",
    ]

    /// `a`, `a and b`, `a, b and c`.
    static func list(_ words: [String], or: Bool = false) -> String {
        guard let last = words.last, words.count > 1 else { return words.first ?? "" }
        return words.dropLast().joined(separator: ", ") + (or ? " or " : " and ") + last
    }

    /// Sorted numbers as words, three and more in a row as `a to b`.
    static func runs(_ numbers: [Int], _ word: (Int) -> String) -> [String] {
        var parts: [String] = []
        var index = 0
        while index < numbers.count {
            var end = index
            while end + 1 < numbers.count, numbers[end + 1] == numbers[end] + 1 { end += 1 }
            if end - index >= 2 {
                parts.append("\(word(numbers[index])) to \(word(numbers[end]))")
                index = end + 1
            } else {
                parts.append(word(numbers[index]))
                index += 1
            }
        }
        return parts
    }

    /// The step of numbers that are `first, first + step, …` as far as `last` allows, three of them at least.
    static func step(_ numbers: [Int], upTo last: Int) -> Int? {
        guard numbers.count > 2 else { return nil }
        let step = numbers[1] - numbers[0]
        guard step > 1, zip(numbers, numbers.dropFirst()).allSatisfy({ $1 - $0 == step }), numbers[0] < step,
            numbers[numbers.count - 1] + step > last
        else { return nil }
        return step
    }

    /// `1st`, `2nd`, `3rd`, `4th`.
    static func ordinal(_ number: Int) -> String {
        switch (number % 100, number % 10) {
        case (11...13, _): "\(number)th"
        case (_, 1): "\(number)st"
        case (_, 2): "\(number)nd"
        case (_, 3): "\(number)rd"
        default: "\(number)th"
        }
    }

    /// `09:30`, or `09:30:15` where there is a second.
    static func time(_ hour: Int, _ minute: Int, _ second: Int = 0) -> String {
        let parts = [hour, minute] + (second == 0 ? [] : [second])
        return parts.map { ($0 < 10 ? "0" : "") + "\($0)" }.joined(separator: ":")
    }

    /// `minute`, `5 minutes`.
    static func counted(_ number: Int, _ unit: String) -> String {
        number == 1 ? unit : "\(number) \(unit)s"
    }
}
