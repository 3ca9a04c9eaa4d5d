package copilot

// Bool is a pointer to a value, for members that may also be left out.
func Bool(v bool) *bool { return &v }

// String is a pointer to a value, for members that may also be left out.
func String(v string) *string { return &v }

// Int is a pointer to a value, for members that may also be left out.
func Int(v int) *int { return &v }

// Int64 is a pointer to a value, for members that may also be left out.
func Int64(v int64) *int64 { return &v }

// Float64 is a pointer to a value, for members that may also be left out.
func Float64(v float64) *float64 { return &v }
