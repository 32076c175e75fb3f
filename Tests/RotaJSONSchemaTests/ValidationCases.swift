extension SchemaCase {
    /// The vocabulary *validation*, one group for each keyword.
    static let validation = read(
        #"""
        # boolean schema
        true
        + 1
        + {"a": []}
        false
        - 1
        - null
        {}
        + "anything"
        # type
        {"type": "integer"}
        + 1
        + 1.0
        + 1e2
        + -0
        + 1e400
        - 1.5
        - 1e-1
        - "1"
        - true
        - null
        {"type": "number"}
        + 1
        + 1.1
        - "1.1"
        - {}
        {"type": "string"}
        + ""
        + "1"
        - 1
        - ["a"]
        {"type": "object"}
        + {}
        - []
        - "{}"
        {"type": "array"}
        + []
        - {}
        {"type": "boolean"}
        + false
        - 0
        - ""
        {"type": "null"}
        + null
        - false
        - 0
        {"type": ["integer", "string"]}
        + 1
        + "a"
        - 1.5
        - null
        {"type": ["number", "null"]}
        + 7
        + null
        - "7"
        # enum
        {"enum": [1, 2, 3]}
        + 1
        + 2.0
        - 4
        - "1"
        {"enum": [6, "foo", [], true, {"foo": 12}]}
        + []
        + {"foo": 12.0}
        - {"foo": 13}
        - {"foo": 12, "bar": 1}
        - null
        - false
        {"enum": [false]}
        + false
        - 0
        - [false]
        {"enum": [[true]]}
        + [true]
        - [1]
        {"enum": [0]}
        + 0.0
        + -0
        - false
        {"enum": ["foo\nbar", "foo\rbar"]}
        + "foo\nbar"
        - "foo bar"
        {"enum": ["a\u0000b"]}
        + "a\u0000b"
        - "ab"
        {"enum": []}
        - 1
        # const
        {"const": 2}
        + 2
        + 2.0
        + 0.2e1
        - 3
        - "2"
        {"const": {"a": 1, "b": [1, 2]}}
        + {"b": [1, 2], "a": 1.0}
        - {"a": 1, "b": [2, 1]}
        - {"a": 1}
        {"const": null}
        + null
        - 0
        {"const": 9007199254740993}
        + 9007199254740993
        + 9007199254740993.0
        - 9007199254740992
        {"const": 0.1}
        + 1e-1
        - 0.10000000000000001
        # multipleOf
        {"multipleOf": 2}
        + 10
        + 0
        + -4
        + "not a number"
        - 7
        - 1.5
        {"multipleOf": 1.5}
        + 0
        + 4.5
        - 35
        {"multipleOf": 0.0001}
        + 0.0075
        - 0.00751
        {"type": "integer", "multipleOf": 0.123456789}
        - 1e308
        {"multipleOf": 1e-8}
        + 12391239123
        {"multipleOf": 100}
        + 1e4000
        - 10
        {"multipleOf": 7}
        + 7e30
        - 1e30
        # minimum and maximum
        {"minimum": 1.1}
        + 2.6
        + 1.1
        + "x"
        - 0.6
        {"minimum": -2}
        + -1
        + -2.0
        - -2.0001
        - -3
        {"maximum": 3.0}
        + 2.6
        + 3
        - 3.5
        {"maximum": 18446744073709551616}
        + 18446744073709551616
        - 18446744073709551617
        # exclusiveMinimum and exclusiveMaximum
        {"exclusiveMinimum": 1.1}
        + 1.2
        - 1.1
        - 0.6
        {"exclusiveMaximum": 3.0}
        + 2.2
        - 3
        - 3.5
        # minLength and maxLength
        {"minLength": 2}
        + "foo"
        + "fo"
        + 1
        - "f"
        - "💩"
        {"maxLength": 2}
        + "f"
        + "💩💩"
        + 100
        - "foo"
        {"maxLength": 2.0}
        + "fo"
        - "foo"
        # pattern
        {"pattern": "^a*$"}
        + "aaa"
        + ""
        + true
        - "abc"
        {"pattern": "a+"}
        + "xxaayy"
        - "xyz"
        # minItems, maxItems and uniqueItems
        {"minItems": 1}
        + [1]
        + ""
        - []
        {"maxItems": 2.0}
        + [1, 2]
        - [1, 2, 3]
        {"uniqueItems": true}
        + [1, 2]
        + [1, true]
        + [0, false]
        + [[1], [true]]
        + [{"a": 1}, {"a": true}]
        + ["1", 1]
        + [{"a": {"b": 1}}, {"a": {"b": 2}}]
        + 7
        - [1, 1]
        - [1, 1.0, 1.00]
        - [{"a": 1, "b": 2}, {"b": 2, "a": 1}]
        - [["x"], ["y"], ["x"]]
        - [1, 2, "three", 2]
        {"uniqueItems": false}
        + [1, 1]
        {"prefixItems": [{"type": "boolean"}, {"type": "boolean"}], "uniqueItems": true}
        + [false, true, "a", "b"]
        - [false, false]
        - [false, true, "a", "a"]
        # minContains and maxContains
        {"contains": {"const": 1}, "minContains": 2}
        + [1, 1]
        + [1, 2, 1]
        - [1]
        - []
        {"contains": {"const": 1}, "minContains": 0}
        + []
        + [2]
        {"contains": {"const": 1}, "maxContains": 1}
        + [1]
        + [1, 2]
        - []
        - [1, 1]
        {"contains": {"const": 1}, "minContains": 1, "maxContains": 3}
        + [1, 1]
        - []
        - [1, 1, 1, 1]
        {"minContains": 2, "maxContains": 1}
        + [1]
        + []
        {"contains": {"const": 1}, "minContains": 0, "maxContains": 1}
        + []
        - [1, 1]
        # minProperties and maxProperties
        {"minProperties": 1}
        + {"a": 1}
        + []
        - {}
        {"maxProperties": 2}
        + {"a": 1, "b": 2}
        - {"a": 1, "b": 2, "c": 3}
        {"maxProperties": 0}
        + {}
        - {"a": 1}
        # required
        {"required": ["foo"]}
        + {"foo": 1}
        + []
        + "foo"
        - {"bar": 1}
        {"required": []}
        + {}
        {"required": ["foo\nbar", "foo\"bar", "toString", "__proto__"]}
        + {"foo\nbar": 1, "foo\"bar": 1, "toString": 1, "__proto__": 1}
        - {"foo\nbar": 1, "foo\"bar": 1, "toString": 1}
        # dependentRequired
        {"dependentRequired": {"bar": ["foo"]}}
        + {}
        + {"foo": 1}
        + {"foo": 1, "bar": 2}
        + ["bar"]
        - {"bar": 2}
        {"dependentRequired": {"quux": ["foo", "bar"], "x": []}}
        + {"x": 1}
        + {"foo": 1, "bar": 2, "quux": 3}
        - {"foo": 1, "quux": 2}
        - {"quux": 1}
        # format and content assert nothing
        {"format": "ipv4"}
        + "not an address"
        + 12
        {"contentMediaType": "application/json", "contentEncoding": "base64", "contentSchema": false}
        + "{:}"
        # default and other annotations
        {"type": "integer", "default": "seven", "title": 7, "examples": 1, "deprecated": true, "x-own": {"type": "?"}}
        + 7
        - "seven"
        """#)
}
