// Writes what robfig/cron v3 makes of many specs: one JSON line each, [spec, activations] or [spec, null] if refused.
// The specs are a hand-written list of corners and, with a fixed seed, random ones near the edge of the grammar.
//
//	go run . > ../robfig.golden.jsonl
package main

import (
	"bufio"
	"encoding/json"
	"math/rand"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/robfig/cron/v3"
)

var corners = []string{
	"* * * * *", "? ? ? ? ?", "*/1 */1 */1 */1 */1", "0 6 * * ?", "*/5 * * * *", "5/15 * * * *", "5/1 * * * *", "59/3 * * * *",
	"0 0 1 jan mon", "0 0 1 JAN Mon", "0 0 */1 1 1", "0 0 */2 1 1", "0 0 13 * 5", "0 0 13 * */2", "0 0 13 * */1", "0 0 13 * 0/1",
	"0 0 13 * *,5", "0 0 1-31 * 1", "0 0 1/1 * 1", "0 0 * * 0-6", "0 0 13 * 0-6", "0 0 29 2 *", "0 0 29 feb ?", "0 0 31 4,6 *",
	"0 0 30 2 *", "0 0 31 2,4,6,9,11 *", "0 0 30 2 1", "0 0 * * sun", "0 0 * * sun-sat", "0 0 * * sat-sun", "0 0 * * fri-sat/2",
	"0 0 * jan-mar *", "0 0 * jan/3 *", "0 0 * dec-jan *", "0 0 * january *", "0 0 * * 7", "0 0 * * 1-7", "0 0 * * 0,7", "0 0 * 0 *",
	"0 0 * 13 *", "0 0 0 * *", "0 0 32 * *", "0 24 * * *", "60 * * * *", "-1 * * * *", "*-5 * * * *", "?-5/7 * * * *", "*5 * * * *",
	"** * * * *", "1- * * * *", "- * * * *", "1--2 * * * *", "1-2-3 * * * *", "1/2/3 * * * *", "/5 * * * *", "5/ * * * *", "*/ * * * *",
	"*/0 * * * *", "0-59/0 * * * *", "5/0 * * * *", "*/-1 * * * *", "*/60 * * * *", "*/100 * * * *", "3-40/100 * * * *",
	"*/99999999999999999999 * * * *", "99999999999999999999 * * * *", "+5 * * * *", "05 * * * *", "0005 * * * *", "5.0 * * * *",
	"0x5 * * * *", "1e1 * * * *", "1_0 * * * *", "1,,2 * * * *", ",1 * * * *", "1, * * * *", ", * * * *", "5,5,5 * * * *", "9,3-5,*/20 * * * *",
	"5-3 * * * *", "3-3 * * * *", "*/mon * * * *", "mon * * * *", "* mon * * *", "* * * mon *", "* * * * jan", "* * l * *", "* * L * *",
	"* * 15W * *", "* * * * 5#2", "* * * * 5L", "H * * * *", "* * * *", "* * * * * *", "0 * * * * *", "* * * * * * *", "", " ", "*", "@",
	" * * * * * ", "\t*\t*\t*\t*\t*", "*  *\n*\r* \v*", "*\u00a0*\u2003*\u3000*\u0085*", "*\ufeff* * * *", "٥ * * * *", "５ * * * *", "* * * * ＊",
	"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly", "@reboot", "@Daily", "@daily ", " @daily", "@weekdays",
	"@minutely", "@secondly", "@every", "@every ", "@every 1s", "@every  1s", "@every 1s ", "@every 500ms", "@every 0", "@every 0s",
	"@every -5s", "@every +5s", "@every 90m30.7s", "@every 1h30m", "@every 1.5h", "@every .5m", "@every 1.m", "@every .s", "@every 5", "@every s",
	"@every 1h1h", "@every 1s1h", "@every 1d", "@every 1H", "@every 1500ms", "@every 2999999us", "@every 2999999µs", "@every 2999999μs",
	"@every 9999999999ns", "@every 1.9999999999999999s", "@every 1.999999999s", "@every 1s500", "@every 1 h", "@every 24h0m0s", "@every 2562047h",
	"@every 2562048h", "@every 9999999999h", "@every 99999999999999999999999s", "@every 1e3s", "@every 5s 5s", "@EVERY 5s",
	"TZ=UTC * * * * *", "CRON_TZ=UTC */7 3 * * *", "TZ= 0 0 * * *", "TZ=UTC @daily", "TZ=UTC @every 5s", "TZ=UTC   0 0 * * *",
	"TZ=Europe/Paris 30 6 * * *", "CRON_TZ=Asia/Kathmandu 30 6 * * *", "TZ=America/St_Johns 0 0 1 * *", "TZ=Nope/Zone * * * * *",
	"TZ=+01:00 * * * * *", "TZ=../UTC * * * * *", "tz=UTC * * * * *", "TZ=UTC\t* * * * *", " TZ=UTC * * * * *", "TZ=UTC TZ=UTC * * * * *",
	"TZ=UTC", "CRON_TZ=Europe/Paris", "TZ=UTC ", "0 0 1 1 * TZ=UTC", "__proto__", "@__proto__", "constructor * * * *", "@every 1constructor",
}

type field struct {
	min, max int
	names    []string
}

var fields = []field{
	{0, 59, nil}, {0, 23, nil}, {1, 31, nil},
	{1, 12, strings.Split("jan feb mar apr may jun jul aug sep oct nov dec", " ")},
	{0, 6, strings.Split("sun mon tue wed thu fri sat", " ")},
}

func value(r *rand.Rand, f field) string {
	if f.names != nil && r.Intn(3) == 0 {
		name := f.names[r.Intn(len(f.names))]
		if r.Intn(3) == 0 {
			name = strings.ToUpper(name)
		}
		return name
	}
	if r.Intn(40) == 0 {
		return strconv.Itoa(f.max + 1)
	}
	return strconv.Itoa(f.min + r.Intn(f.max-f.min+1))
}

func item(r *rand.Rand, f field) string {
	var text string
	switch r.Intn(6) {
	case 0:
		text = "*"
	case 1:
		text = "?"
	case 2, 3:
		low := f.min + r.Intn(f.max-f.min+1)
		text = strconv.Itoa(low) + "-" + strconv.Itoa(low+r.Intn(f.max-low+1))
	default:
		text = value(r, f)
	}
	if r.Intn(3) == 0 {
		text += "/" + strconv.Itoa(1+r.Intn(f.max+1))
	}
	return text
}

func random(r *rand.Rand) string {
	parts := make([]string, len(fields))
	for i, f := range fields {
		if r.Intn(4) == 0 {
			parts[i] = "*"
			continue
		}
		items := make([]string, 1+r.Intn(3)*r.Intn(2))
		for j := range items {
			items[j] = item(r, f)
		}
		parts[i] = strings.Join(items, ",")
	}
	spec := strings.Join(parts, " ")
	if r.Intn(25) == 0 {
		at := r.Intn(len(spec))
		spec = spec[:at] + string("*?/-,7 @x"[r.Intn(9)]) + spec[at+1:]
	}
	return spec
}

// ParseStandard panics on a prefix with nothing after it; that counts as refused.
func parse(spec string) (schedule cron.Schedule, err error) {
	defer func() {
		if recover() != nil {
			schedule, err = nil, os.ErrInvalid
		}
	}()
	return cron.ParseStandard(spec)
}

func main() {
	time.Local = time.UTC
	r := rand.New(rand.NewSource(3))
	specs := append([]string{}, corners...)
	for i := 0; i < 600; i++ {
		specs = append(specs, random(r))
	}
	out := bufio.NewWriter(os.Stdout)
	defer out.Flush()
	encoder := json.NewEncoder(out)
	encoder.SetEscapeHTML(false)
	for _, spec := range specs {
		schedule, err := parse(spec)
		if err != nil {
			encoder.Encode([]any{spec, nil})
			continue
		}
		activations := []string{}
		t := time.Date(2024, 1, 31, 23, 58, 1, 500_000_000, time.UTC)
		for len(activations) < 3 {
			if t = schedule.Next(t); t.IsZero() {
				break
			}
			activations = append(activations, t.UTC().Format("2006-01-02T15:04:05Z"))
		}
		encoder.Encode([]any{spec, activations})
	}
}
