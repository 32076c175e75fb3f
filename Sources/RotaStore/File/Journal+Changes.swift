package import Foundation

extension Journal {
    /// Adds the changes of a commit as one frame, which a flush writes.
    ///
    /// - Parameters:
    ///   - definitions: The JSON of definitions that is there already.
    ///   - limit: The longest payload, in bytes; a longer one is refused.
    /// - Throws: ``FileStoreError`` if the journal was stopped or the changes are too long, and nothing is added.
    package mutating func append(
        _ changes: some Sequence<Change>, definitions: [JobID: Data] = [:], limit: Int = Frame.maximumPayload
    ) throws {
        try append(limit: limit) { bytes in
            let start = bytes.count
            try RecordWriter.append(to: &bytes) { payload in
                for change in changes {
                    try change.write(to: &payload, definitions: definitions)
                    // What is too long by a few bytes may turn out to be so by gigabytes.
                    if payload.bytes.count - start > limit { break }
                }
            }
        }
    }
}
