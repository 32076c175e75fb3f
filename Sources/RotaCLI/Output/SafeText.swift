import RotaHTTP

/// Text from elsewhere, made harmless for a terminal.
///
/// A job's name can hold what a terminal takes for a command: to set its title, to move the cursor, to turn text
/// around.
enum SafeText {
    /// The text on one line, with characters that control a terminal written as escapes.
    static func line(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: isUnsafe) else { return text }
        var safe = ""
        for scalar in text.unicodeScalars {
            if isUnsafe(scalar) { safe += escape(scalar) } else { safe.unicodeScalars.append(scalar) }
        }
        return safe
    }

    /// The text with its line breaks, and everything else as ``line(_:)`` writes it.
    static func lines(_ text: String) -> String {
        text.split(omittingEmptySubsequences: false) { $0 == "\n" || $0 == "\r\n" }
            .map { line in line.split(separator: "\t", omittingEmptySubsequences: false).map { self.line(String($0)) } }
            .map { $0.joined(separator: "\t") }.joined(separator: "\n")
    }

    private static func escape(_ scalar: Unicode.Scalar) -> String {
        switch scalar {
        case "\n": "\\n"
        case "\r": "\\r"
        case "\t": "\\t"
        default: "\\u{\(String(scalar.value, radix: 16))}"
        }
    }

    /// Control characters, and those that are invisible or change the direction of what follows.
    static func isUnsafe(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1F, 0x7F...0x9F, 0xAD, 0x61C, 0x200B, 0x200E, 0x200F, 0x2028...0x202E, 0x2060...0x206F, 0xFEFF,
            0xFFF9...0xFFFB, 0xE0000...0xE007F:
            true
        default: false
        }
    }

    /// How many columns of a terminal a text takes.
    static func width(_ text: String) -> Int {
        text.reduce(0) { width, character in
            guard let first = character.unicodeScalars.first else { return width }
            return width + (isWide(first) || character.unicodeScalars.contains("\u{FE0F}") ? 2 : 1)
        }
    }

    private static func isWide(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3, 0xF900...0xFAFF,
            0xFE30...0xFE6F, 0xFF00...0xFF60, 0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x20000...0x3FFFD:
            true
        default: false
        }
    }

    /// The beginning of a text that fits into a number of columns.
    static func cut(_ text: String, to columns: Int) -> String {
        guard width(text) > columns else { return text }
        var cut = ""
        for character in text {
            guard width(cut) + width(String(character)) < columns else { break }
            cut.append(character)
        }
        return cut + "…"
    }
}

extension JSONValue {
    /// The value as JSON over several lines, harmless for a terminal.
    var prettyText: String {
        var text = ""
        write(to: &text, indent: "")
        return text
    }

    /// The value as JSON on one line, harmless for a terminal.
    var safeText: String { Self.safe(text) }

    private static func safe(_ json: String) -> String {
        guard json.unicodeScalars.contains(where: SafeText.isUnsafe) else { return json }
        var safe = ""
        for scalar in json.unicodeScalars {
            guard SafeText.isUnsafe(scalar) else {
                safe.unicodeScalars.append(scalar)
                continue
            }
            for unit in String(scalar).utf16 {
                let hex = String(unit, radix: 16)
                safe += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            }
        }
        return safe
    }

    private func write(to text: inout String, indent: String) {
        let inner = indent + "  "
        switch self {
        case .object(let members) where !members.isEmpty:
            text += "{\n"
            for (place, member) in members.enumerated() {
                text += inner + JSONValue.string(member.name).safeText + ": "
                member.value.write(to: &text, indent: inner)
                text += place == members.count - 1 ? "\n" : ",\n"
            }
            text += indent + "}"
        case .array(let elements) where !elements.isEmpty:
            text += "[\n"
            for (place, element) in elements.enumerated() {
                text += inner
                element.write(to: &text, indent: inner)
                text += place == elements.count - 1 ? "\n" : ",\n"
            }
            text += indent + "]"
        default: text += safeText
        }
    }
}
