import CRotaCURL
import Foundation
import RotaHTTP

/// Unpacks bodies: gzip and deflate, with a limit on what comes out.
enum ContentCoding {
    /// A body and whether its end is missing.
    struct Output {
        var data: Data
        var isCut: Bool
    }

    enum Failure: Error {
        /// The body is not what its header says.
        case malformed(coding: String)
        case late
    }

    /// The most codings applied to one body.
    private static let most = 5
    private static let piece = 65_536

    /// The most packed bytes that are kept of a body: packing can make it a little larger.
    static func limit(for unpacked: Int) -> Int {
        let (sum, overflows) = unpacked.addingReportingOverflow(unpacked / 64 + 4096)
        return overflows ? Int.max : sum
    }

    /// Unpacks a body as its header says.
    ///
    /// Codings that are not known are left as they are.
    ///
    /// - Parameters:
    ///   - limit: The most bytes that may come out. A longer body is cut.
    ///   - deadline: The time to stop at.
    static func unpack(
        _ body: inout Output, _ headers: HTTPHeaders, limit: Int, deadline: ContinuousClock.Instant
    ) throws(Failure) {
        defer {
            if body.data.count > limit { body = Output(data: body.data.prefix(limit), isCut: true) }
        }
        guard headers.contains("Content-Encoding") else { return }
        let codings = headers.values("Content-Encoding").flatMap { $0.split(separator: ",") }
            .map { $0.trimmingCharacters(in: .whitespaces).lowercased() }.filter { !$0.isEmpty && $0 != "identity" }
        guard !codings.isEmpty, !body.data.isEmpty, codings.count <= most, rota_zlib_load() else { return }
        for coding in codings.reversed() {
            switch coding {
            case "gzip", "x-gzip": body = try inflate(body, coding, [31], limit, deadline)
            // The name means zlib's format, but some servers send bare deflate.
            case "deflate": body = try inflate(body, coding, [15, -15], limit, deadline)
            default: return
            }
        }
    }

    private static func inflate(
        _ body: Output, _ coding: String, _ formats: [Int32], _ limit: Int, _ deadline: ContinuousClock.Instant
    ) throws(Failure) -> Output {
        for format in formats {
            if let output = try inflate(body, format, limit, deadline) { return output }
        }
        throw .malformed(coding: coding)
    }

    /// Returns `nil` if the body does not have the format.
    private static func inflate(
        _ body: Output, _ format: Int32, _ limit: Int, _ deadline: ContinuousClock.Instant
    ) throws(Failure) -> Output? {
        let input = [UInt8](body.data)
        var buffer = [UInt8](repeating: 0, count: piece)
        var out = Data()
        var position = 0
        var inflater = rota_inflater_create(format)
        defer { rota_inflater_destroy(inflater) }
        while let current = inflater {
            guard ContinuousClock.now < deadline else { throw .late }
            var used = 0
            var made = 0
            let code = input.withUnsafeBufferPointer { input in
                buffer.withUnsafeMutableBufferPointer { buffer in
                    rota_inflater_next(
                        current, input.baseAddress.map { $0 + position }, input.count - position, &used,
                        buffer.baseAddress, buffer.count, &made)
                }
            }
            guard code >= 0 else { return nil }
            position += used
            out.append(contentsOf: buffer[..<made])
            if out.count > limit { return Output(data: out.prefix(limit), isCut: true) }
            if code == 1 {
                // A gzip body may have several members. Anything else after the end is not part of it.
                guard format == 31, input.count - position >= 2, input[position] == 0x1F, input[position + 1] == 0x8B
                else { return Output(data: out, isCut: body.isCut) }
                rota_inflater_destroy(current)
                inflater = rota_inflater_create(format)
            } else if used == 0, made == 0 {
                // The input ends before the stream does.
                return body.isCut ? Output(data: out, isCut: true) : nil
            }
        }
        return nil
    }
}
