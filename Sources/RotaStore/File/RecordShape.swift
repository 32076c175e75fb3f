/// The shapes of values, which tell a reader how long an unknown field is.
package enum RecordShape: UInt64 {
    /// A variable-length integer, seven bits a byte, low bits first; signed numbers are zigzagged.
    case number = 0
    /// Eight bytes: a date, as the bits of its seconds since 2001.
    case eightBytes = 1
    /// Sixteen bytes: an identifier, or a duration in attoseconds.
    case sixteenBytes = 2
    /// A length and as many bytes: text in UTF-8, data, or another record.
    case bytes = 3
}
