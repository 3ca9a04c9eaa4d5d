package copilot

import (
	"bytes"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"slices"
	"strconv"
	"strings"
)

//go:generate go run ./internal/eventgen $COPILOT_EVENT_SCHEMAS

// decodeEventData is the data of an event in the struct of its type. A type that has none, and data that does not
// fit, are kept as they came. Data that is missing or null is the empty struct.
func decodeEventData(t SessionEventType, data json.RawMessage) SessionEventData {
	if empty, known := newEventData[t]; known {
		if decoded := empty(); len(data) == 0 || decodeRounding(data, decoded) {
			return decoded
		}
	}
	return &RawSessionEventData{EventType: t, Raw: data}
}

// mostFractions is how many numbers of one event are rounded. Each costs a pass.
const mostFractions = 50

// decodeRounding reads data into a struct. Whole numbers may have a fraction, as those of older servers have: newer
// schemas say "integer" of what was a "number" once.
func decodeRounding(data []byte, into any) bool {
	for range mostFractions {
		err := json.Unmarshal(data, into)
		if err == nil {
			return true
		}
		misfit := new(json.UnmarshalTypeError)
		if !errors.As(err, &misfit) || misfit.Type == nil || misfit.Type.Kind() != reflect.Int64 {
			return false
		}
		if data = rounded(data, misfit); data == nil {
			return false
		}
	}
	return false
}

// rounded is the text with the number that did not fit made a whole one; nil where that is not what is wrong.
func rounded(data []byte, misfit *json.UnmarshalTypeError) []byte {
	number, isNumber := strings.CutPrefix(misfit.Value, "number ")
	end := int(misfit.Offset)
	begin := end - len(number)
	if !isNumber || begin < 0 || end > len(data) || !bytes.Equal(data[begin:end], []byte(number)) {
		return nil
	}
	value, err := strconv.ParseFloat(number, 64)
	if err != nil || math.Abs(value) >= math.MaxInt64 {
		return nil
	}
	whole := strconv.AppendInt(nil, int64(math.Round(value)), 10)
	return slices.Concat(data[:begin], whole, data[end:])
}
