//! The fixed lists of an account: currencies and countries.
//!
//! Not here: the calls that serve them (see `account`).

use std::collections::HashMap;
use std::sync::LazyLock;

/// A currency that an account knows.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Currency {
    pub(super) id: i64,
    pub(super) code: &'static str,
    pub(super) name: &'static str,
    pub(super) symbol: &'static str,
    /// Units of this currency for one pound, as KashFlow quotes rates (the purchase example of its pages: 195.08 AUD
    /// at 2.0000 is 97.54 at home).
    pub(super) rate: &'static str,
}

const fn currency(
    id: i64,
    code: &'static str,
    name: &'static str,
    symbol: &'static str,
    rate: &'static str,
) -> Currency {
    Currency { id, code, name, symbol, rate }
}

/// Every currency of the account, the pound first.
pub(super) const CURRENCIES: [Currency; 12] = [
    currency(1, "GBP", "British Pounds", "£", "1.0000"),
    currency(2, "EUR", "Euros", "€", "1.1600"),
    currency(3, "USD", "US Dollars", "$", "1.2800"),
    currency(4, "AUD", "Australian Dollars", "$", "1.9500"),
    currency(5, "CAD", "Canadian Dollars", "$", "1.7500"),
    currency(6, "CHF", "Swiss Francs", "CHF", "1.1000"),
    currency(7, "DKK", "Danish Kroner", "kr", "8.6500"),
    currency(8, "NOK", "Norwegian Kroner", "kr", "13.5000"),
    currency(9, "SEK", "Swedish Kronor", "kr", "13.2000"),
    currency(10, "PLN", "Polish Zloty", "zł", "4.9500"),
    currency(11, "NZD", "New Zealand Dollars", "$", "2.1500"),
    currency(12, "JPY", "Japanese Yen", "¥", "191.0000"),
];

/// The currency of an ISO code, in any case.
pub(super) fn find_currency(code: &str) -> Option<&'static Currency> {
    CURRENCIES.iter().find(|currency| currency.code.eq_ignore_ascii_case(code.trim()))
}

/// The ISO code of a currency that accounts know, as they spell it.
pub fn known_currency(code: &str) -> Option<&'static str> {
    find_currency(code).map(|currency| currency.code)
}

/// Every country as (code, name). Codes are ISO 3166-1 alpha-2 save Greece, `EL` (kashflow-api 4.4); old books hold
/// places that are no more, such as the Netherlands Antilles.
pub(super) fn countries() -> impl Iterator<Item = (&'static str, &'static str)> {
    COUNTRIES.split('|').filter_map(|row| row.split_once('='))
}

/// The name of a country code, in any case.
pub(super) fn country_name(code: &str) -> Option<&'static str> {
    static NAMES: LazyLock<HashMap<&str, &str>> = LazyLock::new(|| countries().collect());
    NAMES.get(code.trim().to_ascii_uppercase().as_str()).copied()
}

/// Whether a country is in the European Union.
pub(super) fn is_eu(code: &str) -> bool {
    EU.split(' ').any(|member| member == code)
}

const EU: &str = "AT BE BG CY CZ DE DK EE EL ES FI FR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK";

const COUNTRIES: &str = "\
    AF=Afghanistan|AX=Aland Islands|AL=Albania|DZ=Algeria|AS=American Samoa|AD=Andorra|AO=Angola|\
    AI=Anguilla|AQ=Antarctica|AG=Antigua and Barbuda|AR=Argentina|AM=Armenia|AW=Aruba|AU=Australia|\
    AT=Austria|AZ=Azerbaijan|BS=Bahamas|BH=Bahrain|BD=Bangladesh|BB=Barbados|BY=Belarus|BE=Belgium|\
    BZ=Belize|BJ=Benin|BM=Bermuda|BT=Bhutan|BO=Bolivia|BQ=Bonaire, Sint Eustatius and Saba|\
    BA=Bosnia and Herzegovina|BW=Botswana|BV=Bouvet Island|BR=Brazil|IO=British Indian Ocean Territory|\
    VG=British Virgin Islands|BN=Brunei|BG=Bulgaria|BF=Burkina Faso|BI=Burundi|KH=Cambodia|CM=Cameroon|\
    CA=Canada|CV=Cape Verde|KY=Cayman Islands|CF=Central African Rep.|TD=Chad|CL=Chile|CN=China|\
    CX=Christmas Island|CC=Cocos (Keeling) Islands|CO=Colombia|KM=Comoros|CG=Congo|\
    CD=Congo, Democratic Republic|CK=Cook Islands|CR=Costa Rica|CI=Cote d'Ivoire|HR=Croatia|CU=Cuba|\
    CW=Curacao|CY=Cyprus|CZ=Czech Republic|DK=Denmark|DJ=Djibouti|DM=Dominica|DO=Dominican Republic|\
    TL=East Timor|EC=Ecuador|EG=Egypt|SV=El Salvador|GQ=Equatorial Guinea|ER=Eritrea|EE=Estonia|\
    SZ=Eswatini (Swaziland)|ET=Ethiopia|FK=Falkland Islands|FO=Faroe Islands|FJ=Fiji|FI=Finland|\
    FR=France|GF=French Guiana|PF=French Polynesia|TF=French Southern Territories|GA=Gabon|GM=Gambia|\
    GE=Georgia|DE=Germany|GH=Ghana|GI=Gibraltar|EL=Greece|GL=Greenland|GD=Grenada|GP=Guadeloupe|GU=Guam|\
    GT=Guatemala|GG=Guernsey|GN=Guinea|GW=Guinea-Bissau|GY=Guyana|HT=Haiti|HM=Heard Island|HN=Honduras|\
    HK=Hong Kong|HU=Hungary|IS=Iceland|IN=India|ID=Indonesia|IR=Iran|IQ=Iraq|IE=Ireland|IM=Isle of Man|\
    IL=Israel|IT=Italy|JM=Jamaica|JP=Japan|JE=Jersey|JO=Jordan|KZ=Kazakhstan|KE=Kenya|KI=Kiribati|\
    KP=Korea, North|KR=Korea, South|KW=Kuwait|KG=Kyrgyzstan|LA=Laos|LV=Latvia|LB=Lebanon|LS=Lesotho|\
    LR=Liberia|LY=Libya|LI=Liechtenstein|LT=Lithuania|LU=Luxembourg|MO=Macau|MG=Madagascar|MW=Malawi|\
    MY=Malaysia|MV=Maldives|ML=Mali|MT=Malta|MH=Marshall Islands|MQ=Martinique|MR=Mauritania|\
    MU=Mauritius|YT=Mayotte|MX=Mexico|FM=Micronesia|MD=Moldova|MC=Monaco|MN=Mongolia|ME=Montenegro|\
    MS=Montserrat|MA=Morocco|MZ=Mozambique|MM=Myanmar|NA=Namibia|NR=Nauru|NP=Nepal|NL=Netherlands|\
    AN=Netherlands Antilles|NC=New Caledonia|NZ=New Zealand|NI=Nicaragua|NE=Niger|NG=Nigeria|NU=Niue|\
    NF=Norfolk Island|MK=North Macedonia|MP=Northern Mariana Islands|NO=Norway|OM=Oman|PK=Pakistan|\
    PW=Palau|PS=Palestine|PA=Panama|PG=Papua New Guinea|PY=Paraguay|PE=Peru|PH=Philippines|PN=Pitcairn|\
    PL=Poland|PT=Portugal|PR=Puerto Rico|QA=Qatar|RE=Reunion|RO=Romania|RU=Russia|RW=Rwanda|\
    BL=Saint Barthelemy|SH=Saint Helena|KN=Saint Kitts and Nevis|LC=Saint Lucia|MF=Saint Martin|\
    PM=Saint Pierre and Miquelon|VC=Saint Vincent and the Grenadines|WS=Samoa|SM=San Marino|\
    ST=Sao Tome and Principe|SA=Saudi Arabia|SN=Senegal|RS=Serbia|SC=Seychelles|SL=Sierra Leone|\
    SG=Singapore|SX=Sint Maarten|SK=Slovakia|SI=Slovenia|SB=Solomon Islands|SO=Somalia|ZA=South Africa|\
    GS=South Georgia|SS=South Sudan|ES=Spain|LK=Sri Lanka|SD=Sudan|SR=Suriname|SJ=Svalbard|SE=Sweden|\
    CH=Switzerland|SY=Syria|TW=Taiwan|TJ=Tajikistan|TZ=Tanzania|TH=Thailand|TG=Togo|TK=Tokelau|TO=Tonga|\
    TT=Trinidad and Tobago|TN=Tunisia|TR=Turkey|TM=Turkmenistan|TC=Turks and Caicos Islands|TV=Tuvalu|\
    UM=US Minor Outlying Islands|VI=US Virgin Islands|UG=Uganda|UA=Ukraine|AE=United Arab Emirates|\
    GB=United Kingdom|US=United States|UY=Uruguay|UZ=Uzbekistan|VU=Vanuatu|VA=Vatican City|VE=Venezuela|\
    VN=Vietnam|WF=Wallis and Futuna|EH=Western Sahara|YE=Yemen|ZM=Zambia|ZW=Zimbabwe";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greece_is_el() {
        assert_eq!(country_name("el"), Some("Greece"));
        assert_eq!(country_name("GR"), None);
        assert_eq!(country_name("GB"), Some("United Kingdom"));
        assert!(is_eu("EL") && !is_eu("GB"));
        assert_eq!(countries().count(), 250);
        assert!(countries().all(|(code, name)| code.len() == 2 && !name.is_empty()));
    }
}
