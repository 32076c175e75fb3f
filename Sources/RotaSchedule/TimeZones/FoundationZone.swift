import Foundation
import RotaCore

/// Compiles zones from Foundation's own copy of the time zone database.
enum FoundationZone {
    /// Compiles a zone, or returns `nil` if IANA has no zone of that name.
    static func table(_ identifier: String) -> ZoneTable? {
        guard isIANA(identifier) else { return nil }
        return TimeZone(identifier: identifier).map { table($0, named: identifier) }
    }

    /// Compiles a zone from 1900 on.
    static func table(_ zone: TimeZone, named name: String? = nil) -> ZoneTable {
        let begin: Int64 = -2_208_988_800
        return ZoneTable(
            identifier: name ?? zone.identifier, firstOffset: offset(of: zone, at: begin),
            changes: changes(of: zone, in: begin..<horizon), foundation: zone)
    }

    /// 2200-01-01, after which Foundation's rules no longer change.
    static let horizon: Int64 = 7_258_118_400

    /// Returns the changes of a zone's offset after the start of a range and before its end, in order.
    static func changes(of zone: TimeZone, in range: Range<Int64>) -> [(second: Int64, offset: Int64)] {
        var changes: [(second: Int64, offset: Int64)] = []
        var cursor = Date(wholeSeconds: range.lowerBound)
        // Two changes a year for four centuries, with room for zones that change more often.
        while changes.count < 4_000, let change = zone.nextDaylightSavingTimeTransition(after: cursor), change > cursor,
            let second = WholeSeconds.floor(change), second < range.upperBound
        {
            changes.append((second, offset(of: zone, at: second)))
            cursor = change
        }
        return changes
    }

    /// Returns the offset of a zone from UTC at a second.
    static func offset(of zone: TimeZone, at second: Int64) -> Int64 {
        Int64(zone.secondsFromGMT(for: Date(wholeSeconds: second)))
    }
}

extension FoundationZone {
    /// Whether IANA has a zone or a link of a name.
    ///
    /// Foundation accepts more names, which other systems do not know: abbreviations such as `BST`, which it takes for
    /// Bangladesh, and `SystemV/PST8`.
    static func isIANA(_ identifier: String) -> Bool {
        known.contains(identifier) || links.contains(identifier)
    }

    private static let known = Set(TimeZone.knownTimeZoneIdentifiers)

    /// The names in IANA's files `backward` and `etcetera`, those without a region, and both names of zones that were
    /// renamed, because platforms differ in which one they list.
    private static let links = Set(
        [
            "": """
            CET CST6CDT Cuba EET EST EST5EDT Egypt Eire Factory GB GB-Eire GMT GMT+0 GMT-0 GMT0 Greenwich HST Hongkong
            Iceland Iran Israel Jamaica Japan Kwajalein Libya MET MST MST7MDT NZ NZ-CHAT Navajo PRC PST8PDT Poland
            Portugal ROC ROK Singapore Turkey UCT UTC Universal W-SU WET Zulu
            """,
            "Africa/": "Asmara Asmera Timbuktu",
            "America/": """
            Argentina/ComodRivadavia Atka Buenos_Aires Catamarca Coral_Harbour Cordoba Ensenada Fort_Wayne Godthab
            Indianapolis Jujuy Knox_IN Kralendijk Louisville Lower_Princes Marigot Mendoza Montreal Nipigon Nuuk
            Pangnirtung Porto_Acre Rainy_River Rosario Santa_Isabel Shiprock St_Barthelemy Thunder_Bay Virgin
            Yellowknife
            """,
            "Antarctica/": "South_Pole",
            "Arctic/": "Longyearbyen",
            "Asia/": """
            Ashkhabad Calcutta Choibalsan Chongqing Chungking Dacca Harbin Ho_Chi_Minh Istanbul Kashgar Kathmandu
            Katmandu Kolkata Macao Rangoon Saigon Tel_Aviv Thimbu Ujung_Pandang Ulan_Bator Yangon
            """,
            "Atlantic/": "Faeroe Faroe Jan_Mayen",
            "Australia/": """
            ACT Canberra Currie LHI NSW North Queensland South Tasmania Victoria West Yancowinna
            """,
            "Brazil/": "Acre DeNoronha East West",
            "Canada/": "Atlantic Central Eastern Mountain Newfoundland Pacific Saskatchewan Yukon",
            "Chile/": "Continental EasterIsland",
            "Etc/": """
            GMT GMT+0 GMT+1 GMT+10 GMT+11 GMT+12 GMT+2 GMT+3 GMT+4 GMT+5 GMT+6 GMT+7 GMT+8 GMT+9 GMT-0 GMT-1 GMT-10
            GMT-11 GMT-12 GMT-13 GMT-14 GMT-2 GMT-3 GMT-4 GMT-5 GMT-6 GMT-7 GMT-8 GMT-9 GMT0 Greenwich UCT UTC
            Universal Zulu
            """,
            "Europe/": """
            Belfast Bratislava Busingen Kiev Kyiv Mariehamn Nicosia Podgorica San_Marino Tiraspol Uzhgorod Vatican
            Zaporozhye
            """,
            "Mexico/": "BajaNorte BajaSur General",
            "Pacific/": "Chuuk Enderbury Johnston Kanton Pohnpei Ponape Samoa Truk Yap",
            "US/": """
            Alaska Aleutian Arizona Central East-Indiana Eastern Hawaii Indiana-Starke Michigan Mountain Pacific Samoa
            """,
        ].flatMap { region, names in names.split(whereSeparator: \.isWhitespace).map { region + $0 } })
}
