import Foundation

// What limits of rates remember, in the store's files; a start and its pool share one record, and number their fields apart.

extension RatePool {
    func write(to record: inout RecordWriter) {
        switch self {
        case .job(let id): record.put(1, id)
        case .shared(let name): record.put(2, name)
        }
    }

    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var pool: RatePool?
        while let field = try record.next() {
            switch field {
            case 1: pool = .job(try record.id())
            case 2: pool = .shared(try record.text())
            default: break
            }
        }
        self = try RecordReader.known(pool, "what starts are counted by")
    }
}

extension AttemptStart {
    init(from reader: RecordReader) throws(RecordFormatError) {
        var record = reader
        var date: Date?
        var id: ExecutionID?
        var token: Int?
        while let field = try record.next() {
            switch field {
            case 3: date = try record.date()
            case 4: id = try record.id()
            case 5: token = try record.int()
            default: break
            }
        }
        self.init(
            date: try RecordReader.known(date, "a start's instant"),
            executionID: try RecordReader.known(id, "a start's execution"),
            token: try RecordReader.known(token, "a start's token"))
    }
}
