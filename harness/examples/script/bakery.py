"""A bakery, hour by hour: what is baked, what is sold, what is left.

    python3 bakery.py DAY.json

writes hours.jsonl (one record an hour) and prints the day's summary.
"""

import json
import os
import sys


def bake(hour, day, shelf):
    """Fills the shelf up to what the day plans for the hour, in whole trays."""
    missing = max(0, day["shelf"][hour % len(day["shelf"])] - shelf)
    if os.environ.get("BAKERY_REGRESSION"):
        return missing - missing % day["tray"]
    return (missing + day["tray"] - 1) // day["tray"] * day["tray"]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        day = json.load(file)
    shelf, sold_out, total = 0, 0, 0
    with open("hours.jsonl", "w", encoding="utf-8") as hours:
        for hour, customers in enumerate(day["customers"]):
            baked = bake(hour, day, shelf)
            shelf += baked
            sales = []
            for customer, wanted in enumerate(customers, 1):
                got = min(wanted, shelf)
                shelf -= got
                sales.append({"customer": customer, "wanted": wanted, "got": got})
            sold_out += shelf == 0
            total += sum(sale["got"] for sale in sales)
            record = {"hour": hour, "baked": baked, "sales": sales, "left": shelf}
            hours.write(json.dumps(record) + "\n")
    print(json.dumps({"hours_sold_out": sold_out, "left": shelf, "sold": total}))


main()
