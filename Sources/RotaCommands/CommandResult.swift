import Foundation
import RotaCore
import RotaHTTP

/// The end of a command: its status and its output.
///
/// It is the output of the execution, as JSON: `{"status":0,"output":{"text":"…","cut":0},"error_output":{…}}`.
public struct CommandResult: Sendable, Hashable, Codable {
    /// The exit status, from 0 to 255, or `nil` if a signal ended the command.
    public let status: Int32?
    /// The signal that ended the command, or `nil` if it exited.
    public let signal: Int32?
    /// The standard output.
    public let output: CommandOutput
    /// The standard error output.
    public let errorOutput: CommandOutput

    private enum CodingKeys: String, CodingKey {
        case status, signal, output
        case errorOutput = "error_output"
    }
}

/// The text that a command wrote to one of its outputs.
public struct CommandOutput: Sendable, Hashable, Codable {
    /// The output in UTF-8, with secrets redacted.
    ///
    /// If it was too long, its beginning and its end, with a line between them that says how much was cut.
    public let text: String
    /// The number of bytes that were cut, or 0.
    public let cut: Int

    init(text: String = "", cut: Int = 0) {
        self.text = text
        self.cut = cut
    }
}

/// The beginning and the end of an output, in bounded memory.
struct OutputCapture: Sendable {
    private let limit: Int
    /// How much more is kept on both sides of the cut, so that no part of a secret that lies across it remains.
    private let margin: Int
    private let redaction: Redaction
    private var head: [UInt8] = []
    private var tail: [UInt8] = []
    private var count = 0

    /// Creates a capture.
    ///
    /// - Parameters:
    ///   - limit: The most bytes to keep.
    ///   - longestSecret: The size of the longest secret to remove, in bytes.
    init(limit: Int, redaction: Redaction, longestSecret: Int) {
        self.limit = limit
        self.redaction = redaction
        // In Base64 and escaped as \u0000, a secret takes up to eight times its size, and "[redacted]" is at most two
        // and a half times as long as what it replaces.
        margin = redaction.isEmpty ? 0 : 48 * max(longestSecret, 16)
    }

    private var side: Int { limit / 2 + margin }

    /// Adds bytes.
    mutating func append(_ bytes: UnsafeRawBufferPointer) {
        count += bytes.count
        let first = min(bytes.count, max(0, side - head.count))
        // Whole buffers are copied at once, slices byte by byte where nothing is optimized.
        head.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.prefix(first)))
        tail.append(contentsOf: UnsafeRawBufferPointer(rebasing: bytes.dropFirst(first).suffix(side)))
        if tail.count > 2 * side { tail.removeFirst(tail.count - side) }
    }

    /// The output as it is recorded.
    ///
    /// - Parameter isCut: Whether the writer was stopped, perhaps in the middle of a secret.
    func output(isCut: Bool = false) -> CommandOutput {
        let end = tail.suffix(side)
        let isCut = isCut && margin > 0
        guard count > head.count + end.count else {
            let whole = redaction.scrub(head + end, isCut: isCut)
            guard whole.count > limit else { return CommandOutput(text: String(decoding: whole, as: UTF8.self)) }
            return Self.joined(whole.prefix(limit / 2), whole.suffix(limit / 2), of: whole.count)
        }
        let beginning = redaction.scrub(head, isCut: margin > 0).prefix(limit / 2)
        let rest = redaction.scrub(Array(end), isCut: isCut).dropFirst(margin).suffix(limit / 2)
        return Self.joined(beginning, rest, of: count)
    }

    private static func joined(_ head: ArraySlice<UInt8>, _ tail: ArraySlice<UInt8>, of count: Int) -> CommandOutput {
        let (beginning, end) = (head.droppingCutCharacter, tail.droppingRest)
        let cut = max(1, count - beginning.count - end.count)
        return CommandOutput(
            text: String(decoding: beginning, as: UTF8.self) + "\n[\(cut) bytes cut]\n"
                + String(decoding: end, as: UTF8.self), cut: cut)
    }
}

extension Collection<UInt8> {
    /// The bytes without the rest of a UTF-8 sequence at their beginning, where a limit cut a character.
    var droppingRest: SubSequence {
        dropFirst(prefix(3).prefix { $0 & 0xC0 == 0x80 }.count)
    }
}
