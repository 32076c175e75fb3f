#if Postgres
    import Foundation
    import RotaCore
    import RotaPostgres
    import RotaTesting
    import Testing

    /// The binary forms of parameters and results.
    @Suite("Values of PostgreSQL")
    struct ValueTests {
        private static func echo<Value: PostgresDecodable>(
            _ value: PostgresValue, as type: Value.Type, _ connection: PostgresConnection
        ) throws -> Value? {
            let results = try connection.perform([PostgresStatement("SELECT $1", [value])])
            return try results[0][0].readIfPresent(0, as: type)
        }

        @Test("Values come back as they were sent", arguments: [1, 2, 3] as [UInt64])
        func roundTrips(seed: UInt64) throws {
            let connection = try PostgresCluster.shared().connect()
            var random = SplitMix64(seed: seed)
            for round in 0..<60 {
                let bits = round < 3 ? [0, .max, 1 << 63][round] : random.next()
                let number = Int64(bitPattern: bits)
                let bytes = withUnsafeBytes(of: bits) { Array($0) } + [UInt8](repeating: 0, count: round)
                let text = String(decoding: bytes.map { $0 == 0 ? 0x61 : $0 }, as: UTF8.self) + "é🙂"
                let wide = UInt128(bits) << 64 | UInt128(random.next())
                #expect(try Self.echo(.int8(number), as: Int64.self, connection) == number)
                let small = Int32(truncatingIfNeeded: number)
                #expect(try Self.echo(.int4(small), as: Int64.self, connection) == Int64(small))
                let tiny = Int16(truncatingIfNeeded: number)
                #expect(try Self.echo(.int2(tiny), as: Int.self, connection) == Int(tiny))
                #expect(try Self.echo(.bool(bits & 1 == 1), as: Bool.self, connection) == (bits & 1 == 1))
                #expect(try Self.echo(.text(text), as: String.self, connection) == text)
                #expect(try Self.echo(.bytea(bytes), as: [UInt8].self, connection) == bytes)
                #expect(try Self.echo(.uuid(wide), as: UInt128.self, connection) == wide)
                let numbers = Array(repeating: number, count: round)
                #expect(try Self.echo(.int8Array(numbers), as: [Int64].self, connection) == numbers)
                #expect(try Self.echo(.textArray([text, ""]), as: [String].self, connection) == [text, ""])
                #expect(try Self.echo(.byteaArray([bytes, []]), as: [[UInt8]].self, connection) == [bytes, []])
                #expect(try Self.echo(.uuidArray([wide]), as: [UInt128].self, connection) == [wide])
                let double = Double(bitPattern: bits)
                let returned = try #require(try Self.echo(.float8(double), as: Double.self, connection))
                #expect(returned.isNaN ? double.isNaN : returned.bitPattern == double.bitPattern)
            }
        }

        @Test("Special numbers keep their bits, and dates their value as a number")
        func specialNumbers() throws {
            let connection = try PostgresCluster.shared().connect()
            let date = Date(timeIntervalSinceReferenceDate: 812_345_678.123_456_789)
            for double in [
                Double.nan, .infinity, -.infinity, -0.0, .leastNonzeroMagnitude, .greatestFiniteMagnitude,
                date.timeIntervalSinceReferenceDate,
            ] {
                let returned = try Self.echo(.float8(double), as: Double.self, connection)
                #expect(returned?.bitPattern == double.bitPattern)
            }
            let stamp = try #require(try Self.echo(.timestamp(date), as: Date.self, connection))
            #expect(abs(stamp.timeIntervalSince(date)) < 1e-6)
            let text = try connection.perform(["SELECT '2024-02-29 12:00:00+00'::timestamptz"])
            #expect(try text[0][0].read(0, as: Date.self) == Date(timeIntervalSince1970: 1_709_208_000))
        }

        @Test("A value that cannot be sent is refused before anything is sent")
        func refused() throws {
            let connection = try PostgresCluster.shared().connect()
            for value in [
                PostgresValue.text("a\u{0}b"), .textArray(["", "\u{0}"]),
                .timestamp(.distantFuture.addingTimeInterval(1e15)),
                .timestamp(Date(timeIntervalSinceReferenceDate: .nan)),
            ] {
                #expect {
                    _ = try connection.perform(["BEGIN", PostgresStatement("SELECT $1", [value])])
                } throws: { ($0 as? PostgresError)?.code == .invalidValue }
            }
            #expect {
                let many = [PostgresValue](repeating: .null, count: 65_536)
                _ = try connection.perform([PostgresStatement("SELECT 1", many)])
            } throws: { ($0 as? PostgresError)?.code == .invalidValue }
            #expect { _ = try connection.perform(["SELECT '\u{0}'"]) } throws: {
                ($0 as? PostgresError)?.code == .invalidValue
            }
            #expect(!connection.isInTransaction && !connection.isBroken)
        }

        @Test("A column of another type, NULL and a column that is not there are errors that name the column")
        func unexpected() throws {
            let connection = try PostgresCluster.shared().connect()
            let result = try connection.perform(["SELECT 1::int8 AS n, NULL::text AS t, '[1,2]'::jsonb AS j"])[0]
            let row = result[0]
            func message(_ body: () throws -> Void) -> String {
                do { try body() } catch let error as PostgresError where error.code == .protocolViolation {
                    return error.message
                } catch { return "\(error)" }
                return "no error"
            }
            #expect(message { _ = try row.read(0, as: String.self) }.contains("\"n\" has the type int8, not text"))
            #expect(message { _ = try row.read(1, as: String.self) }.contains("\"t\" is NULL"))
            #expect(try row.readIfPresent(1, as: String.self) == nil)
            #expect(message { _ = try row.read(2, as: String.self) }.contains("type 3802"))
            #expect(message { _ = try row.read(3, as: Int.self) }.contains("column 3"))
            #expect(message { _ = try row.read(-1, as: Int.self) }.contains("column -1"))
            #expect(message { _ = try result[1].read(0, as: Int.self) }.contains("Row 1"))
            connection.close()
            #expect(try row.read(0, as: Int.self) == 1)
        }

        @Test("Damaged arrays are refused, whatever their lengths claim", arguments: [5, 6] as [UInt64])
        func damagedArrays(seed: UInt64) {
            var random = SplitMix64(seed: seed)
            let head: [UInt8] = [0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1]
            let whole: [UInt8] = head + [0, 0, 0, 1, 97, 0, 0, 0, 2, 98, 99]
            func read(_ bytes: [UInt8]) -> [String]? { bytes.withUnsafeBytes { [String](postgres: $0) } }
            #expect(read(whole) == ["a", "bc"])
            for length in 0..<whole.count { #expect(read(Array(whole[..<length])) == nil) }
            for _ in 0..<5000 {
                var bytes = whole
                bytes[Int.random(in: 0..<bytes.count, using: &random)] = UInt8.random(in: 0...255, using: &random)
                _ = read(bytes)
            }
        }
    }
#endif
